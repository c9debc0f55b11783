//! What Prometheus reads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::metrics::{Gauge, text};

#[test]
fn gauges_are_told_in_prometheus_text() {
    let kinds = [('a', "apple"), ('b', "banana")];
    let told = text(&[
        Gauge::one("eaters", "Who eats.", 3),
        Gauge::of_each("fruits", "What is eaten.", "kind", &kinds, &['a', 'a']),
    ]);
    assert_eq!(
        told,
        "# HELP eaters Who eats.\n# TYPE eaters gauge\neaters 3\n\
         # HELP fruits What is eaten.\n# TYPE fruits gauge\n\
         fruits{kind=\"apple\"} 2\nfruits{kind=\"banana\"} 0\n"
    );
}
