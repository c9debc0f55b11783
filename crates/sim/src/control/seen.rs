//! The requests that came in, so that a test can say "dispatched exactly once".

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::http::jwt;

/// One request, without its credentials.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    pub at: Timestamp,
    pub method: String,
    /// With its query.
    pub path: String,
    /// `none`, `app` (a JWT), `installation`, `personal` (or unknown), `basic`, `registry`.
    pub auth: &'static str,
    pub api_version: Option<String>,
    /// JSON, or text where it is none.
    pub body: Value,
    /// None while it is not answered, and when its connection was cut.
    pub status: Option<u16>,
    /// A scripted fault applied to it.
    pub faulted: bool,
}

impl Seen {
    /// `POST /repos/…/dispatches`, without the query.
    #[must_use]
    pub fn is(&self, method: &str, path_ends_with: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        self.method == method && path.ends_with(path_ends_with)
    }
}

/// The kind of credentials of a request, which is all that is ever kept of them.
#[must_use]
pub fn auth_kind(headers: &HeaderMap, path: &str) -> &'static str {
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return "none";
    };
    let text = header.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => "basic",
        _ if path.starts_with("/v2/") => "registry",
        _ if jwt::looks_like_one(token) => "app",
        _ if token.starts_with("ghs_") => "installation",
        _ => "personal",
    }
}

/// A body as JSON if it is some.
#[must_use]
pub fn readable(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
