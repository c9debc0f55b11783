//! The requests that came in, so that a test can say "dispatched exactly once".

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
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
    /// By lower-case name, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// JSON, or text where it is none.
    pub body: Value,
    /// None while it is not answered, and when its connection was cut.
    pub status: Option<u16>,
    /// A scripted fault applied to it.
    pub faulted: bool,
    /// What was answered, where that is kept: it has tokens in it.
    #[serde(skip)]
    pub answer: Option<Answered>,
}

/// An answer besides its status.
#[derive(Debug, Clone)]
pub struct Answered {
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
}

impl Seen {
    /// `POST /repos/…/dispatches`, without the query.
    #[must_use]
    pub fn is(&self, method: &str, path_ends_with: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        self.method == method && path.ends_with(path_ends_with)
    }
}

/// The latest requests; a simulation may run for weeks.
#[derive(Debug, Default)]
pub struct SeenLog {
    kept: VecDeque<Seen>,
    /// How many were there before those.
    gone: usize,
}

impl SeenLog {
    pub const MOST: usize = 10_000;

    /// Returns the request's number, by which its answer finds it.
    pub fn push(&mut self, seen: Seen) -> usize {
        if self.kept.len() == Self::MOST {
            self.kept.pop_front();
            self.gone += 1;
        }
        self.kept.push_back(seen);
        self.gone + self.kept.len() - 1
    }

    /// Unless it was forgotten meanwhile.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut Seen> {
        self.kept.get_mut(number.checked_sub(self.gone)?)
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Seen> {
        self.kept.iter()
    }

    pub fn clear(&mut self) {
        self.gone += self.kept.len();
        self.kept.clear();
    }
}

/// Headers by lower-case name, without credentials.
#[must_use]
pub fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let kept = headers.iter().filter(|(name, _)| *name != header::AUTHORIZATION);
    kept.map(|(name, value)| (name.to_string(), text(value))).collect()
}

pub fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
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

#[cfg(test)]
#[allow(clippy::unwrap_used)] // helpers of tests are tests
mod tests {
    use super::*;

    fn seen(path: usize) -> Seen {
        Seen {
            at: Timestamp::UNIX_EPOCH,
            method: "GET".to_owned(),
            path: path.to_string(),
            auth: "none",
            api_version: None,
            headers: BTreeMap::new(),
            body: Value::Null,
            status: None,
            faulted: false,
            answer: None,
        }
    }

    #[test]
    fn the_oldest_are_forgotten_and_numbers_stay_true() {
        let mut log = SeenLog::default();
        let numbers: Vec<usize> = (0..SeenLog::MOST + 5).map(|path| log.push(seen(path))).collect();
        assert_eq!(log.iter().count(), SeenLog::MOST);
        assert_eq!(log.iter().next().unwrap().path, "5");
        assert!(log.get_mut(numbers[4]).is_none());
        for number in [5, SeenLog::MOST + 4] {
            assert_eq!(log.get_mut(numbers[number]).unwrap().path, number.to_string());
        }
        log.clear();
        assert!(log.get_mut(numbers[5]).is_none(), "it was cleared before its answer");
        let next = log.push(seen(0));
        assert_eq!(log.get_mut(next).unwrap().path, "0");
        assert_eq!(log.iter().count(), 1);
    }
}
