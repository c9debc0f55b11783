//! The log of requests that a simulation received, so that a test can check how often something was sent.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// One request, without its credentials.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedRequest {
    #[serde(rename = "at")]
    pub received_at: Timestamp,
    pub method: String,
    /// With its query.
    pub path: String,
    /// The kind of its credentials. GitHub's: `none`, `app` (a JWT), `installation`, `personal`
    /// (any other token), `basic`, `registry`.
    pub auth: &'static str,
    pub api_version: Option<String>,
    /// By lower-case name, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// The parsed JSON, or a string with the text if the body is not JSON. Null if it is empty.
    pub body: Value,
    /// None until the response is sent, and if the connection was dropped.
    pub status: Option<u16>,
    /// Whether a fault was injected.
    #[serde(rename = "faulted")]
    pub is_faulted: bool,
    /// Only if responses are recorded too. Not serialized, because it may hold tokens.
    #[serde(skip)]
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
    #[must_use]
    pub fn is(&self, method: &str, path_ends_with: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        self.method == method && path.ends_with(path_ends_with)
    }
}

/// The latest requests. Their number is limited, because a simulation may run for weeks.
#[derive(Debug, Default)]
pub struct RequestLog {
    requests: VecDeque<RecordedRequest>,
    /// How many older requests were removed.
    removed: usize,
}

impl RequestLog {
    pub const MAX_REQUESTS: usize = 10_000;

    /// Returns the request's number, for [`RequestLog::get_mut`].
    pub fn push(&mut self, request: RecordedRequest) -> usize {
        if self.requests.len() == Self::MAX_REQUESTS {
            self.requests.pop_front();
            self.removed += 1;
        }
        self.requests.push_back(request);
        self.removed + self.requests.len() - 1
    }

    /// None if the request has been removed from the log.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut RecordedRequest> {
        self.requests.get_mut(number.checked_sub(self.removed)?)
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.requests.iter()
    }

    pub fn clear(&mut self) {
        self.removed += self.requests.len();
        self.requests.clear();
    }
}

/// Headers by lower-case name, without credentials.
#[must_use]
pub fn headers_without_credentials(headers: &HeaderMap) -> BTreeMap<String, String> {
    let recorded = headers.iter().filter(|(name, _)| *name != header::AUTHORIZATION);
    recorded.map(|(name, value)| (name.to_string(), header_text(value))).collect()
}

pub fn header_text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// A body as JSON; as a JSON string if it is other text, and null if it is empty.
#[must_use]
pub fn body_value(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // clippy exempts #[test] functions only, not their helpers
mod tests {
    use super::*;

    fn request(path: usize) -> RecordedRequest {
        RecordedRequest {
            received_at: Timestamp::UNIX_EPOCH,
            method: "GET".to_owned(),
            path: path.to_string(),
            auth: "none",
            api_version: None,
            headers: BTreeMap::new(),
            body: Value::Null,
            status: None,
            is_faulted: false,
            response: None,
        }
    }

    #[test]
    fn the_oldest_requests_are_removed_and_numbers_stay_valid() {
        let mut log = RequestLog::default();
        let numbers: Vec<usize> =
            (0..RequestLog::MAX_REQUESTS + 5).map(|path| log.push(request(path))).collect();
        assert_eq!(log.iter().count(), RequestLog::MAX_REQUESTS);
        assert_eq!(log.iter().next().unwrap().path, "5");
        assert!(log.get_mut(numbers[4]).is_none());
        for number in [5, RequestLog::MAX_REQUESTS + 4] {
            assert_eq!(log.get_mut(numbers[number]).unwrap().path, number.to_string());
        }
        log.clear();
        assert!(log.get_mut(numbers[5]).is_none(), "it was removed before its response");
        let next = log.push(request(0));
        assert_eq!(log.get_mut(next).unwrap().path, "0");
        assert_eq!(log.iter().count(), 1);
    }
}
