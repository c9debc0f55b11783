//! Limits of requests, in the forms in which GitHub announces them.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use super::response::json_response;

/// How GitHub says that it limits requests, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitForm {
    /// 429 with `Retry-After` in seconds.
    RetryAfter,
    /// 429 with `Retry-After` as a date.
    RetryAfterDate,
    /// 403 of the hourly limit, with `x-ratelimit-reset`.
    Exhausted,
    /// 403 of a secondary limit, without a time.
    Secondary,
    /// 403 of GitHub Enterprise Server, without a time.
    AbuseDetection,
}

/// A limit of the requests whose path contains a text.
#[derive(Debug, Clone)]
pub struct RequestLimit {
    pub path_contains: String,
    pub until: Timestamp,
    pub form: LimitForm,
}

/// The response to a request under one of these limits.
pub fn limited(limits: &[RequestLimit], path: &str, now: Timestamp) -> Option<Response> {
    let is_hit = |limit: &&RequestLimit| limit.until > now && path.contains(&limit.path_contains);
    let RequestLimit { until, form, .. } = limits.iter().find(is_hit)?;
    // Clients wait at least as long as the limit lasts.
    let seconds = until.as_second() - now.as_second() + 1;
    let until = now.as_second() + seconds;
    let date = Timestamp::from_second(until).unwrap_or(now).strftime("%a, %d %b %Y %H:%M:%S GMT");
    let (status, message, headers) = match form {
        LimitForm::RetryAfter => (429, SECONDARY, vec![("retry-after", seconds.to_string())]),
        LimitForm::RetryAfterDate => (429, SECONDARY, vec![("retry-after", date.to_string())]),
        LimitForm::Exhausted => {
            let reset = ("x-ratelimit-reset", until.to_string());
            let remaining = ("x-ratelimit-remaining", "0".to_owned());
            (403, "API rate limit exceeded for installation.", vec![remaining, reset])
        }
        LimitForm::Secondary => (403, SECONDARY, Vec::new()),
        LimitForm::AbuseDetection => (403, ABUSE, Vec::new()),
    };
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = json_response(status, &body);
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    Some(response.into_response())
}

const SECONDARY: &str =
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
const ABUSE: &str = "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.";
