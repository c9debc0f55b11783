//! The log of requests that a simulation received, so that a test can check how often something was sent.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use serde_json::Value;

/// One request, without its credentials.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    pub received_at: Timestamp,
    pub method: String,
    /// With its query.
    pub path: String,
    /// The kind of its credentials. GitHub's: `none`, `app` (a JWT), `installation`, `personal`
    /// (any other token), `basic`, `registry`.
    pub auth: &'static str,
    /// By lower-case name, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// The parsed JSON, or a string with the text if the body is not JSON. Null if it is empty.
    pub body: Value,
    /// None until the response is sent, and if the connection was dropped.
    pub status: Option<u16>,
    /// Whether a fault was injected.
    pub is_faulted: bool,
    /// Only if responses are recorded too.
    pub response: Option<RecordedResponse>,
}

/// A response without its status, which [`RecordedRequest`] has.
#[derive(Debug, Clone)]
pub struct RecordedResponse {
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
}

impl RecordedRequest {
    /// Compares the method and the end of the path without its query:
    /// `request.is("POST", "/dispatches")`.
    pub fn is(&self, method: &str, path_ends_with: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        self.method == method && path.ends_with(path_ends_with)
    }
}

/// Headers by lower-case name, without credentials.
pub fn headers_without_credentials(headers: &HeaderMap) -> BTreeMap<String, String> {
    let recorded = headers.iter().filter(|(name, _)| *name != header::AUTHORIZATION);
    recorded.map(|(name, value)| (name.to_string(), header_text(value))).collect()
}

fn header_text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// A body as JSON; as a JSON string if it is other text, and null if it is empty.
pub fn body_value(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
