//! When a request is sent again, and after how long: as GitHub asks.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use http::{HeaderMap, Method, StatusCode};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is the answer.
    Take,
    /// Send it again after so many milliseconds.
    Again(u64),
    /// Not now: GitHub asks to wait so many seconds, which is longer than a request may last.
    Later(u32),
}

/// The waits of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a request is sent in all.
    pub tries: u32,
    /// The first wait in milliseconds; each further one is twice as long.
    pub first_wait: u64,
    /// The longest single wait in milliseconds.
    pub longest_wait: u64,
}

/// Decides after try number `tried` (from 1). `now` in seconds since 1970.
///
/// A limited request has not been carried out, so it may be sent again whatever it is. After a 5xx
/// nobody knows, so only reading is repeated.
pub fn next(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    tried: u32,
    patience: Patience,
    now: i64,
) -> Next {
    let left = tried < patience.tries;
    let backoff = patience.first_wait.saturating_mul(1 << tried.saturating_sub(1).min(16));
    if let Some(seconds) = limited(status, headers, now) {
        let wait = seconds.saturating_mul(1000).max(backoff.min(patience.longest_wait));
        return if left && wait <= patience.longest_wait {
            Next::Again(wait)
        } else {
            Next::Later(u32::try_from(seconds).unwrap_or(u32::MAX))
        };
    }
    let reading = matches!(*method, Method::GET | Method::HEAD);
    if status.is_server_error() && reading && left {
        return Next::Again(backoff.min(patience.longest_wait));
    }
    Next::Take
}

/// After a failure without an answer: reading is repeated.
pub fn next_without_answer(method: &Method, tried: u32, patience: Patience) -> Option<u64> {
    let reading = matches!(*method, Method::GET | Method::HEAD);
    let backoff = patience.first_wait.saturating_mul(1 << tried.saturating_sub(1).min(16));
    (reading && tried < patience.tries).then(|| backoff.min(patience.longest_wait))
}

/// How many seconds a limit asks to wait: `retry-after`, else until `x-ratelimit-reset` when nothing
/// remains, else a minute for 429. A 403 without either is a refusal, not a limit.
fn limited(status: StatusCode, headers: &HeaderMap, now: i64) -> Option<u64> {
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
