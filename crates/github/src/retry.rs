//! Decides whether and when a request is sent again, by GitHub's rules.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use http::{HeaderMap, Method, StatusCode};

/// What to do after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Use the response.
    Return,
    /// Send the request again after this many milliseconds.
    Retry(u64),
    /// GitHub asks to wait this many seconds, which is longer than a request may take.
    TooLong(u32),
}

/// How often and after which waits a request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in total, the first one included.
    pub max_attempts: u32,
    /// The first wait in milliseconds; each further one is twice as long (exponential backoff).
    pub first_wait: u64,
    /// The longest single wait in milliseconds.
    pub max_wait: u64,
}

/// Decides after attempt number `attempt` (from 1). `now` is in seconds since 1970.
///
/// A rate-limited request was not carried out, so any method may be repeated. After a 5xx that is unknown, so
/// only GET and HEAD are repeated.
pub fn decide(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    attempt: u32,
    policy: RetryPolicy,
    now: i64,
) -> Decision {
    let has_attempts_left = attempt < policy.max_attempts;
    let backoff = policy.first_wait.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    if let Some(seconds) = rate_limit_wait(status, headers, now) {
        let wait = seconds.saturating_mul(1000).max(backoff.min(policy.max_wait));
        return if has_attempts_left && wait <= policy.max_wait {
            Decision::Retry(wait)
        } else {
            Decision::TooLong(u32::try_from(seconds).unwrap_or(u32::MAX))
        };
    }
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    if status.is_server_error() && is_read && has_attempts_left {
        return Decision::Retry(backoff.min(policy.max_wait));
    }
    Decision::Return
}

/// Decides after an attempt without a response: the milliseconds to wait, for GET and HEAD only.
pub fn decide_without_response(method: &Method, attempt: u32, policy: RetryPolicy) -> Option<u64> {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let backoff = policy.first_wait.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    (is_read && attempt < policy.max_attempts).then(|| backoff.min(policy.max_wait))
}

/// The seconds that a rate limit asks to wait: `retry-after`, else until `x-ratelimit-reset` when nothing remains,
/// else a minute for 429. A 403 without either header is not a rate limit.
fn rate_limit_wait(status: StatusCode, headers: &HeaderMap, now: i64) -> Option<u64> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN) {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    if let Some(seconds) = number("retry-after") {
        return u64::try_from(seconds).ok();
    }
    if number("x-ratelimit-remaining") == Some(0) {
        let reset = number("x-ratelimit-reset").unwrap_or(now + 60);
        return u64::try_from(reset.saturating_sub(now).max(1)).ok();
    }
    (status == StatusCode::TOO_MANY_REQUESTS).then_some(60)
}
