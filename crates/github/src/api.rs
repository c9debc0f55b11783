//! Requests to GitHub's REST API.

use crate::{Request, USER_AGENT, bearer};
use http::{Method, header};
use nokube_domain::{
    Timestamp,
    builds::{BuildRecord, CancelMode, RunKey},
    name::Login,
    repository::Repository,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
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

/// The only repository that an installation's token is for.
#[derive(Clone, Copy, Debug)]
pub enum TokenScope<'a> {
    /// Its name without the owner.
    Name(&'a str),
    /// Its number, if it was renamed.
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

    fn runs(&self) -> String {
        format!("/repos/{}/actions/runs", self.builder)
    }

    /// The App itself; needs the App's own token.
    pub fn app(&self, app_token: &str) -> Request {
        self.get("/app", app_token)
    }

    /// The configuration of the App's webhook.
    pub fn webhook_config(&self, app_token: &str) -> Request {
        self.get("/app/hook/config", app_token)
    }

    /// The newest 100 deliveries of the App's webhook.
    pub fn deliveries(&self, app_token: &str) -> Request {
        self.get("/app/hook/deliveries?per_page=100", app_token)
    }

    /// The newest 100 deliveries of the App's webhook that failed.
    pub fn failed_deliveries(&self, app_token: &str) -> Request {
        self.get("/app/hook/deliveries?per_page=100&status=failure", app_token)
    }

    /// Repeats a delivery of the App's webhook.
    pub fn redeliver(&self, delivery: u64, app_token: &str) -> Request {
        let path = format!("/app/hook/deliveries/{delivery}/attempts");
        self.request(Method::POST, &path, app_token, None)
    }

    /// The App's installation on a repository; needs the App's own token.
    pub fn installation(&self, repository: &Repository, app_token: &str) -> Request {
        self.get(&format!("/repos/{repository}/installation"), app_token)
    }

    /// Creates a token for one repository with `permissions` only.
    pub fn installation_token(
        &self,
        installation: u64,
        repository: TokenScope<'_>,
        permissions: &Value,
        app_token: &str,
    ) -> Request {
        let path = format!("/app/installations/{installation}/access_tokens");
        let body = match repository {
            TokenScope::Name(name) => json!({ "repositories": [name], "permissions": permissions }),
            TokenScope::Id(id) => json!({ "repository_ids": [id], "permissions": permissions }),
        };
        self.request(Method::POST, &path, app_token, Some(body))
    }

    pub fn repository(&self, repository: &Repository, token: &str) -> Request {
        self.get(&format!("/repos/{repository}"), token)
    }

    /// The repository with this number, whatever it is called now.
    pub fn repository_by_id(&self, id: u64, token: &str) -> Request {
        self.get(&format!("/repositories/{id}"), token)
    }

    /// The commit that a branch, tag or commit id points to.
    pub fn commit(&self, repository: &Repository, git_ref: &str, token: &str) -> Request {
        // A ref may contain slashes, but is a single path parameter here.
        self.get(&format!("/repos/{repository}/commits/{}", encode(git_ref)), token)
    }

    /// A user's permission in a repository.
    pub fn permission(&self, repository: &Repository, user: &Login, token: &str) -> Request {
        self.get(&format!("/repos/{repository}/collaborators/{user}/permission"), token)
    }

    /// The builder's workflow, to check that it exists and is enabled.
    pub fn workflow(&self, token: &str) -> Request {
        self.get(&format!("/repos/{}/actions/workflows/{}", self.builder, self.workflow), token)
    }

    /// Starts a build's workflow run.
    pub fn dispatch(&self, build: &BuildRecord, token: &str) -> Request {
        let mut inputs = BTreeMap::from(build.spec.workflow_inputs());
        inputs.extend([
            ("build_id", build.id.to_string()),
            ("ref", build.commit.to_string()),
            ("image", build.image.clone()),
            ("private", build.private_input()),
        ]);
        let path =
            format!("/repos/{}/actions/workflows/{}/dispatches", self.builder, self.workflow);
        let body = json!({ "ref": self.builder_ref, "inputs": inputs });
        self.request(Method::POST, &path, token, Some(body))
    }

    /// Runs of the workflow that were created between two times, to search for a build's run when its id is not
    /// known.
    pub fn runs_between(
        &self,
        (from, to): (Timestamp, Timestamp),
        page: u32,
        token: &str,
    ) -> Request {
        // GitHub's search takes whole seconds.
        let [from, to] = [from, to].map(nokube_domain::whole_seconds);
        let created = encode(&format!("{from}..{to}"));
        let path = format!(
            "/repos/{}/actions/workflows/{}/runs?event=workflow_dispatch&created={created}\
             &per_page=100&page={page}",
            self.builder, self.workflow
        );
        self.get(&path, token)
    }

    /// A run in its latest attempt.
    pub fn run(&self, run_id: u64, token: &str) -> Request {
        self.get(&format!("{}/{run_id}", self.runs()), token)
    }

    /// The jobs of one attempt; with `etag`, the response is 304 while nothing has changed.
    pub fn jobs(&self, run: RunKey, etag: Option<&str>, token: &str) -> Request {
        let RunKey { run_id, attempt } = run;
        let path = format!("{}/{run_id}/attempts/{attempt}/jobs?per_page=100", self.runs());
        let mut request = self.get(&path, token);
        if let Some(etag) = etag.and_then(|etag| etag.parse().ok()) {
            request.headers_mut().insert(header::IF_NONE_MATCH, etag);
        }
        request
    }

    /// The log of an ended job; the response is a redirect to it.
    pub fn job_log(&self, job_id: u64, token: &str) -> Request {
        self.get(&format!("/repos/{}/actions/jobs/{job_id}/logs", self.builder), token)
    }

    pub fn cancel(&self, run_id: u64, mode: CancelMode, token: &str) -> Request {
        let verb = match mode {
            CancelMode::Normal => "cancel",
            CancelMode::Forced => "force-cancel",
        };
        self.request(Method::POST, &format!("{}/{run_id}/{verb}", self.runs()), token, None)
    }

    /// Reruns all jobs of an ended run, as its next attempt.
    pub fn rerun(&self, run_id: u64, token: &str) -> Request {
        self.request(Method::POST, &format!("{}/{run_id}/rerun", self.runs()), token, None)
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
