//! Requests to GitHub's REST API.

mod app;
mod deployments;
mod pulls;
mod repositories;
mod runs;
mod statuses;

pub use deployments::{NewDeployment, NewDeploymentStatus};
pub use pulls::{LISTED_LONG_PULL_REQUESTS, LISTED_PULL_REQUESTS};
pub use statuses::NewStatus;

use crate::{Request, USER_AGENT, bearer};
use http::{Method, header};
use nokube_domain::repository::Repository;
use serde_json::Value;
use url::Url;

/// The version of the API at github.com. From this one on, the response to a dispatch contains the run's id.
pub const VERSION: &str = "2026-03-10";
/// GitHub Enterprise Server supports only this one and rejects others.
const ENTERPRISE_VERSION: &str = "2022-11-28";

/// The URL to which the paths of GitHub's API are appended: without a slash at the end. `path` is empty for
/// github.com and `/api/v3` for GitHub Enterprise Server.
pub fn base_url(origin: &Url, path: &str) -> String {
    let origin = origin.as_str().trim_end_matches('/');
    match path.trim_matches('/') {
        "" => origin.to_owned(),
        path => format!("{origin}/{path}"),
    }
}

/// How the path of a request names a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryPath {
    Name(Repository),
    /// By its number, whatever it is called now.
    Id(u64),
}

impl std::fmt::Display for RepositoryPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => write!(f, "/repos/{name}"),
            Self::Id(id) => write!(f, "/repositories/{id}"),
        }
    }
}

impl From<&Repository> for RepositoryPath {
    fn from(name: &Repository) -> Self {
        Self::Name(name.clone())
    }
}

/// What an installation's token is for.
#[derive(Clone, Copy, Debug)]
pub enum TokenScope<'a> {
    /// All repositories of the installation.
    All,
    /// One repository: its name without the owner.
    Name(&'a str),
    /// The repository with this number, if it was renamed.
    Id(u64),
}

/// A GitHub API and the builder repository in it.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    version: &'static str,
    pub builder: Repository,
    /// The workflow's file name.
    pub workflow: String,
    /// The branch of the builder repository whose workflow is run.
    pub builder_ref: String,
}

impl Api {
    /// `origin` and `path` are those of [`base_url`].
    pub fn new(
        origin: &Url,
        path: &str,
        builder: Repository,
        workflow: String,
        builder_ref: String,
    ) -> Self {
        let is_enterprise = !path.trim_matches('/').is_empty();
        let version = if is_enterprise { ENTERPRISE_VERSION } else { VERSION };
        Self { base: base_url(origin, path), version, builder, workflow, builder_ref }
    }

    /// The URL to which paths are appended.
    pub fn base(&self) -> &str {
        &self.base
    }

    fn request(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Request {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/vnd.github+json")
            .header(header::USER_AGENT, USER_AGENT)
            .header("x-github-api-version", self.version)
            .header(header::AUTHORIZATION, bearer(token));
        let request = match body.map(|body| body.to_string().into_bytes()) {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::CONTENT_LENGTH, body.len())
                .body(body),
            None => request.body(Vec::new()),
        };
        // Every part of a path is a validated name, a number, or encoded by the caller, so the URL parses. If it
        // did not, the request would have no host and fail.
        request.unwrap_or_default()
    }

    fn get(&self, path: &str, token: &str) -> Request {
        self.request(Method::GET, path, token, None)
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986, 2.3).
fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}
