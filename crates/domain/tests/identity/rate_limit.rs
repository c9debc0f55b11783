//! Rate limits.

use nokube_domain::rate_limit::{check, window_index};

#[test]
fn counting_restarts_with_each_window() {
    let start = 1_800_000_000 / 60 * 60;
    assert_eq!(window_index(start), window_index(start + 59));
    assert_ne!(window_index(start), window_index(start + 60));
    assert!(check(3, 3, start).is_ok(), "the last request within the limit");
    assert!(check(9, 0, start).is_ok(), "no limit");
    assert_eq!(check(4, 3, start + 50).unwrap_err().retry_after, Some(10));
}
