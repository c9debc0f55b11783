//! How long to wait before an operation is repeated, and when not to repeat it.

use nokube_edge::retry::RetryPolicy;
use std::time::Duration;

const POLICY: RetryPolicy = RetryPolicy {
    max_attempts: 3,
    first_wait: Duration::from_millis(500),
    max_wait: Duration::from_secs(5),
};

/// The milliseconds to wait after an attempt, if the server asks for this many.
fn wait(policy: RetryPolicy, attempt: u32, asked: u64) -> Option<u128> {
    policy.wait_after(attempt, Duration::from_millis(asked)).map(|wait| wait.as_millis())
}

#[test]
fn waits_double_until_the_attempts_are_used_up() {
    let waits = [1, 2, 3].map(|attempt| wait(POLICY, attempt, 0));
    assert_eq!(waits, [Some(500), Some(1_000), None]);
}

#[test]
fn a_server_may_ask_for_a_longer_wait_but_not_for_one_that_is_too_long() {
    let waits = [100, 3_000, 5_000, 5_001, u64::MAX].map(|asked| wait(POLICY, 1, asked));
    assert_eq!(waits, [Some(500), Some(3_000), Some(5_000), None, None]);
    assert_eq!(wait(POLICY, 3, 1_000), None, "the attempts are used up");
}

#[test]
fn backoff_never_makes_a_short_wait_too_long() {
    let policy = RetryPolicy { max_attempts: 9, first_wait: Duration::from_secs(2), ..POLICY };
    for (attempt, expected) in [(1, 2_000), (2, 4_000), (3, 5_000), (8, 5_000)] {
        assert_eq!(wait(policy, attempt, 1_000), Some(expected), "after attempt {attempt}");
    }
}

#[test]
fn waits_never_overflow() {
    let policy = RetryPolicy { max_attempts: u32::MAX, first_wait: Duration::MAX, ..POLICY };
    for attempt in [0, 1, 2, 63, 64, 65, u32::MAX - 1] {
        assert_eq!(wait(policy, attempt, 0), Some(5_000));
    }
}
