//! Repeats an operation that failed for a reason that may pass.

use crate::host::sleep;
use std::time::Duration;

/// How often an operation is repeated, and after which waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in total, the first one included.
    pub max_attempts: u32,
    /// Each further wait is twice as long (exponential backoff).
    pub first_wait: Duration,
    /// The longest single wait. If a server asks for a longer one, the operation is not repeated.
    pub max_wait: Duration,
}

impl RetryPolicy {
    /// How long to wait after attempt number `attempt` (from 1); `None`: the operation is not repeated. `at_least` is
    /// what the server asks for.
    pub fn wait_after(self, attempt: u32, at_least: Duration) -> Option<Duration> {
        let backoff = self.first_wait.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        let wait = backoff.min(self.max_wait).max(at_least);
        (attempt < self.max_attempts && wait <= self.max_wait).then_some(wait)
    }
}

/// Repeats `operation` until it is done or the policy ends, and returns its last result. The operation returns its
/// result and, if it may be repeated, how long to wait at least.
pub async fn retry<T>(
    policy: RetryPolicy,
    operation: impl AsyncFn() -> (T, Option<Duration>),
) -> T {
    let mut attempt = 1;
    loop {
        let (result, at_least) = operation().await;
        let wait = at_least.and_then(|at_least| policy.wait_after(attempt, at_least));
        let Some(wait) = wait else { return result };
        sleep(wait).await;
        attempt += 1;
    }
}
