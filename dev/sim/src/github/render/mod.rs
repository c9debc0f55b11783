//! GitHub's JSON, as its OpenAPI description requires. Doc comments name the schemas there.

pub mod app;
pub mod contents;
pub mod deployment;
pub mod git;
pub mod pull_request;
pub mod repository;
pub mod repository_webhook;
pub mod run;
pub mod user;
pub mod webhook;

use base64::Engine;
use jiff::Timestamp;
use serde_json::Value;

/// The base addresses of the links in responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// In place of `https://github.com`.
    pub web: String,
    /// In place of `https://api.github.com`.
    pub api: String,
}

impl Links {
    /// `path` is that of the API.
    pub fn new(origin: &str, path: &str) -> Self {
        Self { web: origin.to_owned(), api: format!("{origin}{path}") }
    }

    /// The API address of a repository.
    pub fn repo(&self, full_name: &str) -> String {
        format!("{}/repos/{full_name}", self.api)
    }
}

/// RFC 3339 in whole seconds, as in GitHub's API.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub fn node_id(prefix: &str, id: u64) -> String {
    let bytes = id.to_be_bytes();
    format!("{prefix}_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// An object with the fields of both objects. Those of the second replace those of the first.
pub fn extend(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}
