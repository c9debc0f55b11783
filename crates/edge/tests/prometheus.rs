//! The Prometheus text format.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_edge::telemetry::prometheus::{Gauge, render};

#[test]
fn gauges_are_rendered_in_the_prometheus_text_format() {
    let kinds = ["apple", "banana"];
    let text = render(&[
        Gauge::single("eaters", "Who eats.", 3),
        Gauge::per_label("fruits", "What is eaten.", "kind", &kinds, &["apple", "apple"]),
    ]);
    assert_eq!(
        text,
        "# HELP eaters Who eats.\n# TYPE eaters gauge\neaters 3\n\
         # HELP fruits What is eaten.\n# TYPE fruits gauge\n\
         fruits{kind=\"apple\"} 2\nfruits{kind=\"banana\"} 0\n"
    );
}
