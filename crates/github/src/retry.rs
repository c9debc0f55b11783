//! Whether a request is sent again, by GitHub's rules.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use crate::Response;
use http::{Method, StatusCode};

/// The seconds to wait, at least, before the request is sent again; `None` if its response counts. `now` is in
/// seconds since 1970.
///
/// A rate-limited request was not carried out, so any method may be repeated. After a 5xx that is unknown, so only
/// reads are repeated.
pub fn retry_after(method: &Method, response: &Response, now: i64) -> Option<u64> {
    let is_failed_read = response.status().is_server_error() && method.is_safe();
    rate_limit_wait(response, now).or(is_failed_read.then_some(0))
}

/// The seconds that a rate limit asks to wait: `retry-after`, else until `x-ratelimit-reset` when nothing remains,
/// else a minute for 429. A 403 without either header is not a rate limit.
fn rate_limit_wait(response: &Response, now: i64) -> Option<u64> {
    let status = response.status();
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN) {
        return None;
    }
    let headers = response.headers();
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
