//! GitHub's JSON, field for field as its OpenAPI description demands.

pub mod app;
pub mod event;
pub mod repository;
pub mod run;
pub mod user;

use base64::Engine;
use jiff::Timestamp;

/// The addresses that answers are full of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// In place of `https://github.com`.
    pub web: String,
    /// In place of `https://api.github.com`.
    pub api: String,
}

impl Links {
    #[must_use]
    pub fn repo(&self, full_name: &str) -> String {
        format!("{}/repos/{full_name}", self.api)
    }
}

/// To the second, as GitHub writes times.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[must_use]
pub fn node_id(prefix: &str, id: u64) -> String {
    let bytes = id.to_be_bytes();
    format!("{prefix}_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}
