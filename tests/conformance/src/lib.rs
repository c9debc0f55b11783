//! GitHub's own descriptions and examples, and whether what is sent and what the simulation answers is
//! as they say. `others.yaml` describes in the same way what GitHub's description leaves out: the
//! registry, sign-in, where logs are kept.
//!
//! ```ignore
//! let about = nokube_conformance::answered(&exchange)?; // "GET /repos/{owner}/{repo} 200"
//! ```

// A description that is not there, or not as it should be, must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod description;
mod path;
mod schema;

pub use description::Description;

use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::OnceLock};

/// A request, and what was answered.
pub struct Exchange<'a> {
    pub method: &'a str,
    /// With its query.
    pub path: &'a str,
    pub sent: &'a Value,
    pub status: u16,
    /// By lower-case name.
    pub headers: &'a BTreeMap<String, String>,
    pub body: &'a [u8],
}

/// Whether the answer is as described; what was answered, in short, or what is wrong with it.
pub fn answered(exchange: &Exchange) -> Result<String, String> {
    let (description, path) = description_of(exchange.path);
    description.answered(&Exchange { path, ..*exchange })
}

/// Whether the request is as described.
pub fn asked(exchange: &Exchange) -> Result<(), String> {
    match description_of(exchange.path) {
        // Forms, and questions without a body.
        (description, _) if std::ptr::eq(description, Description::others()) => Ok(()),
        (description, path) => description.asked(exchange.method, path, exchange.sent),
    }
}

/// Whether a webhook is as described; what it is in short, or what is wrong with it.
pub fn told(event: &str, action: Option<&str>, body: &[u8]) -> Result<String, String> {
    let body = serde_json::from_slice(body).map_err(|error| format!("{event}: {error}"))?;
    Description::github().told(event, action, &body)
}

/// What describes a path of the simulation, and the path there.
fn description_of(path: &str) -> (&'static Description, &str) {
    const OTHERS: [&str; 6] =
        ["/v2/", "/token", "/login/", "/_logs/", "/settings/", "/organizations/"];
    match path.strip_prefix("/api/v3") {
        Some(path) => (Description::enterprise(), path),
        None if OTHERS.iter().any(|other| path.starts_with(other)) => (Description::others(), path),
        None => (Description::github(), path),
    }
}

/// A file of GitHub's own descriptions and examples (`package.json`).
pub fn file(name: &str) -> Value {
    let file = folder().join("node_modules/@octokit").join(name);
    let text = std::fs::read(&file).expect("GitHub's descriptions are missing: make setup-tests");
    serde_json::from_slice(&text).unwrap()
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Description {
    /// Of api.github.com.
    pub fn github() -> &'static Self {
        static GITHUB: OnceLock<Description> = OnceLock::new();
        GITHUB.get_or_init(|| Self::new(file("openapi/generated/api.github.com.json")))
    }

    /// Of the newest GitHub Enterprise Server.
    pub fn enterprise() -> &'static Self {
        static ENTERPRISE: OnceLock<Description> = OnceLock::new();
        ENTERPRISE.get_or_init(|| Self::new(file("openapi/generated/ghes-3.19.json")))
    }

    /// Of the registry, sign-in, and where logs are kept.
    pub fn others() -> &'static Self {
        static OTHERS: OnceLock<Description> = OnceLock::new();
        OTHERS.get_or_init(|| {
            let text = std::fs::read_to_string(folder().join("others.yaml")).unwrap();
            Self::new(serde_yaml_ng::from_str(&text).unwrap())
        })
    }
}
