//! Whether and when a request is sent again, by GitHub's rules.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use crate::{Response, error::ErrorBody};
use http::{Method, StatusCode};
use nokube_domain::parse_http_date;

/// Seconds to wait if GitHub does not say how long.
const DEFAULT_WAIT: u64 = 60;

/// The seconds to wait, at least, before the request is sent again; `None` if its response counts. `now` is in
/// seconds since 1970.
///
/// A rate-limited request was not carried out, so any method may be repeated. After a 5xx that is unknown, so only
/// reads are repeated.
pub fn retry_after(method: &Method, response: &Response, now: i64) -> Option<u64> {
    let is_failed_read = response.status().is_server_error() && method.is_safe();
    rate_limit_wait(response, now).or(is_failed_read.then_some(0))
}

/// The seconds to wait if the response says that GitHub limits the platform's requests: `retry-after`, else until
/// `x-ratelimit-reset` when nothing remains, else a minute.
///
/// A 403 without these headers is a limit only if its text says so: GitHub's secondary limits need not have
/// headers, and GitHub Enterprise Server speaks of an abuse detection mechanism.
pub fn rate_limit_wait(response: &Response, now: i64) -> Option<u64> {
    let status = response.status();
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN) {
        return None;
    }
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| header(name)?.parse::<i64>().ok();
    if let Some(text) = header("retry-after") {
        return Some(seconds_until(text, now).unwrap_or(DEFAULT_WAIT));
    }
    if number("x-ratelimit-remaining") == Some(0) {
        let wait = number("x-ratelimit-reset").map(|reset| reset.saturating_sub(now).max(1));
        return Some(wait.and_then(|wait| u64::try_from(wait).ok()).unwrap_or(DEFAULT_WAIT));
    }
    let is_limited = status == StatusCode::TOO_MANY_REQUESTS || says_limited(response);
    is_limited.then_some(DEFAULT_WAIT)
}

/// The value of `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). A date that has passed says nothing.
fn seconds_until(text: &str, now: i64) -> Option<u64> {
    text.parse().ok().or_else(|| {
        let wait = parse_http_date(text)?.as_second().saturating_sub(now);
        u64::try_from(wait).ok().filter(|wait| *wait > 0)
    })
}

fn says_limited(response: &Response) -> bool {
    let ErrorBody { message, documentation_url, .. } = ErrorBody::parse(response);
    let message = message.to_ascii_lowercase();
    // A proxy or GitHub's own front end answers with a page.
    let page = String::from_utf8_lossy(response.body().get(..4096).unwrap_or(response.body()));
    let text = if message.is_empty() { page.to_ascii_lowercase() } else { message };
    let phrases = ["rate limit", "abuse detection", "temporarily blocked", "too many requests"];
    phrases.iter().any(|phrase| text.contains(phrase))
        || ["rate-limit", "abuse"].iter().any(|word| documentation_url.contains(word))
}
