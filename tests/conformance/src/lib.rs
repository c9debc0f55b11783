//! Checks requests, responses and webhooks against GitHub's own OpenAPI description and examples.
//! `others.yaml` is an OpenAPI description of what GitHub's does not contain: the registry, sign-in, and the
//! log storage.
//!
//! ```ignore
//! let about = nokube_conformance::answered(&exchange)?; // "GET /repos/{owner}/{repo} 200"
//! ```

// A missing or malformed description must fail the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod description;
mod path_template;
mod schema;

pub use description::Description;

use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::OnceLock};

/// A request and its response.
pub struct Exchange<'a> {
    pub method: &'a str,
    /// Including the query.
    pub path: &'a str,
    /// Null if the request has no body.
    pub request_body: &'a Value,
    pub status: u16,
    /// Response headers by lower-case name.
    pub headers: &'a BTreeMap<String, String>,
    pub response_body: &'a [u8],
}

/// Checks a response. Returns a summary such as `GET /repos/{owner}/{repo} 200`.
///
/// # Errors
/// How the response differs from the description.
pub fn check_response(exchange: &Exchange) -> Result<String, String> {
    let (description, path) = description_of(exchange.path);
    description.check_response(&Exchange { path, ..*exchange })
}

/// Checks a request.
///
/// # Errors
/// How the request differs from the description.
pub fn check_request(exchange: &Exchange) -> Result<(), String> {
    match description_of(exchange.path) {
        // They are forms, or requests without a body.
        (description, _) if std::ptr::eq(description, Description::others()) => Ok(()),
        (description, path) => {
            description.check_request(exchange.method, path, exchange.request_body)
        }
    }
}

/// Checks the payload of a webhook. Returns a summary such as `webhook workflow-run-completed`.
///
/// # Errors
/// How the payload differs from the description.
pub fn check_webhook(event: &str, action: Option<&str>, body: &[u8]) -> Result<String, String> {
    let body = serde_json::from_slice(body).map_err(|error| format!("{event}: {error}"))?;
    Description::github().check_webhook(event, action, &body)
}

/// The description of a path of the simulation, and the path in that description.
fn description_of(path: &str) -> (&'static Description, &str) {
    const OTHERS: [&str; 8] = [
        "/v2/",
        "/token",
        "/login/",
        "/_logs/",
        "/_push/",
        "/_pull_request/",
        "/settings/",
        "/organizations/",
    ];
    match path.strip_prefix("/api/v3") {
        Some(path) => (Description::enterprise(), path),
        None if OTHERS.iter().any(|other| path.starts_with(other)) => (Description::others(), path),
        None => (Description::github(), path),
    }
}

/// Loads a JSON file of the npm packages with GitHub's descriptions and examples (`package.json`).
pub fn load_octokit_json(name: &str) -> Value {
    let file = folder().join("node_modules/@octokit").join(name);
    let text = std::fs::read(&file).expect("GitHub's descriptions are missing: make setup-tests");
    serde_json::from_slice(&text).unwrap()
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Description {
    /// The description of api.github.com.
    pub fn github() -> &'static Self {
        static GITHUB: OnceLock<Description> = OnceLock::new();
        GITHUB.get_or_init(|| Self::of_github("openapi/generated/api.github.com.json"))
    }

    /// The description of GitHub Enterprise Server.
    pub fn enterprise() -> &'static Self {
        static ENTERPRISE: OnceLock<Description> = OnceLock::new();
        ENTERPRISE.get_or_init(|| Self::of_github("openapi/generated/ghes-3.19.json"))
    }

    fn of_github(file: &str) -> Self {
        let mut document = load_octokit_json(file);
        // This list is described as one of accounts that are users and enterprises at once, which no account is.
        let path =
            "/paths/~1app~1installations/get/responses/200/content/application~1json/schema/items";
        *document.pointer_mut(path).expect("a list of installations") =
            serde_json::json!({ "$ref": "#/components/schemas/installation" });
        // It is null once the fork was deleted.
        for schema in ["pull-request", "pull-request-simple"] {
            let pointer = format!("/components/schemas/{schema}/properties/head/properties/repo");
            let repository = document.pointer_mut(&pointer).expect("the head of a pull request");
            *repository = serde_json::json!({ "nullable": true, "allOf": [repository.take()] });
        }
        Self::new(document)
    }

    /// The description of the registry, sign-in and the log storage: `others.yaml`.
    pub fn others() -> &'static Self {
        static OTHERS: OnceLock<Description> = OnceLock::new();
        OTHERS.get_or_init(|| {
            let text = std::fs::read_to_string(folder().join("others.yaml")).unwrap();
            Self::new(serde_yaml_ng::from_str(&text).unwrap())
        })
    }
}
