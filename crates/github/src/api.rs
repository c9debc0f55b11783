//! Requests to GitHub's REST API.

use crate::Request;
use http::{Method, header};
use nokube_domain::{
    Timestamp,
    build::{BuildRecord, RunKey, Source},
    name::Username,
    repository::Repository,
};
use serde_json::{Value, json};
use url::Url;

/// The version of the API that is asked for at github.com; a dispatch answers with the run's number
/// from this one on.
pub const VERSION: &str = "2026-03-10";
/// GitHub Enterprise Server knows only this one and refuses others.
const ENTERPRISE_VERSION: &str = "2022-11-28";

/// One GitHub: where its API is, and the builder repository in it.
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
    /// `path` is empty for github.com and `/api/v3` for GitHub Enterprise Server.
    pub fn new(
        origin: &Url,
        path: &str,
        builder: Repository,
        workflow: String,
        builder_ref: String,
    ) -> Self {
        let path = path.trim_matches('/');
        let version = if path.is_empty() { VERSION } else { ENTERPRISE_VERSION };
        let separator = if path.is_empty() { "" } else { "/" };
        let base = format!("{}{separator}{path}", origin.as_str().trim_end_matches('/'));
        Self { base, version, builder, workflow, builder_ref }
    }

    fn request(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Request {
        let mut request =
            Request::new(body.map(|body| body.to_string().into_bytes()).unwrap_or_default());
        *request.method_mut() = method;
        // Every part of a path is a checked name, a number, or encoded by the caller; were one
        // not, the request would go to the API's top and be refused there.
        *request.uri_mut() = format!("{}{path}", self.base).parse().unwrap_or_default();
        let headers = request.headers_mut();
        let mut set = |name, value: &str| {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        };
        set(header::ACCEPT, "application/vnd.github+json");
        set(header::USER_AGENT, "nokube");
        set(header::HeaderName::from_static("x-github-api-version"), self.version);
        set(header::AUTHORIZATION, &format!("Bearer {token}"));
        if !request.body().is_empty() {
            let length = header::HeaderValue::from(request.body().len());
            request.headers_mut().insert(header::CONTENT_LENGTH, length);
            let json = header::HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        request
    }

    fn get(&self, path: &str, token: &str) -> Request {
        self.request(Method::GET, path, token, None)
    }

    fn runs(&self) -> String {
        format!("/repos/{}/actions/runs", self.builder)
    }

    /// The App itself; asked with the App's own token.
    pub fn app(&self, app_token: &str) -> Request {
        self.get("/app", app_token)
    }

    /// Where GitHub sends the App's webhooks.
    pub fn hook(&self, app_token: &str) -> Request {
        self.get("/app/hook/config", app_token)
    }

    /// The newest 100 sendings of the App's webhooks, or those of them that failed.
    pub fn deliveries(&self, failed: bool, app_token: &str) -> Request {
        let status = if failed { "&status=failure" } else { "" };
        self.get(&format!("/app/hook/deliveries?per_page=100{status}"), app_token)
    }

    /// Has a webhook sent again.
    pub fn redeliver(&self, delivery: u64, app_token: &str) -> Request {
        let path = format!("/app/hook/deliveries/{delivery}/attempts");
        self.request(Method::POST, &path, app_token, None)
    }

    /// The App's installation on a repository; asked with the App's own token.
    pub fn installation(&self, repository: &Repository, app_token: &str) -> Request {
        self.get(&format!("/repos/{repository}/installation"), app_token)
    }

    /// A token for one repository and no more than `permissions`.
    pub fn installation_token(
        &self,
        installation: u64,
        repository: &Repository,
        permissions: &Value,
        app_token: &str,
    ) -> Request {
        let path = format!("/app/installations/{installation}/access_tokens");
        let body = json!({ "repositories": [repository.name()], "permissions": permissions });
        self.request(Method::POST, &path, app_token, Some(body))
    }

    pub fn repository(&self, repository: &Repository, token: &str) -> Request {
        self.get(&format!("/repos/{repository}"), token)
    }

    /// The commit that a branch, tag or commit's id points to.
    pub fn commit(&self, repository: &Repository, git_ref: &str, token: &str) -> Request {
        // A ref may hold slashes, which belong to one path parameter here.
        self.get(&format!("/repos/{repository}/commits/{}", encode(git_ref)), token)
    }

    /// What a user may do in a repository.
    pub fn permission(&self, repository: &Repository, user: &Username, token: &str) -> Request {
        self.get(&format!("/repos/{repository}/collaborators/{user}/permission"), token)
    }

    /// The builder's workflow, to see whether it is there and enabled.
    pub fn workflow(&self, token: &str) -> Request {
        self.get(&format!("/repos/{}/actions/workflows/{}", self.builder, self.workflow), token)
    }

    /// Starts a build.
    pub fn dispatch(&self, build: &BuildRecord, token: &str) -> Request {
        let (path, content) = match &build.asked.source {
            Source::DockerfileAt(path) => (path.as_str(), ""),
            Source::DockerfileGiven(content) => ("", content.as_str()),
            Source::Buildpacks => ("", ""),
        };
        let args = Value::from_iter(build.asked.build_args.clone());
        let inputs = json!({
            "build_id": build.id.to_string(),
            "repository": build.asked.repository.to_string(),
            "ref": build.commit.to_string(),
            "context": build.asked.context,
            "dockerfile_path": path,
            "dockerfile_content": content,
            "build_args": args.to_string(),
            "image": build.image,
            "tag": build.asked.tag.to_string(),
            "private": build.private.to_string(),
        });
        let path =
            format!("/repos/{}/actions/workflows/{}/dispatches", self.builder, self.workflow);
        let body = json!({ "ref": self.builder_ref, "inputs": inputs });
        self.request(Method::POST, &path, token, Some(body))
    }

    /// Runs of the workflow created between two times: where a build's run is looked for when its
    /// number is not known.
    pub fn runs_between(
        &self,
        (from, to): (Timestamp, Timestamp),
        page: u32,
        token: &str,
    ) -> Request {
        // Whole seconds: that is what GitHub's search has.
        let [from, to] = [from, to].map(nokube_domain::whole_seconds);
        let created = encode(&format!("{from}..{to}"));
        let path = format!(
            "/repos/{}/actions/workflows/{}/runs?event=workflow_dispatch&created={created}\
             &per_page=100&page={page}",
            self.builder, self.workflow
        );
        self.get(&path, token)
    }

    /// The run as it is now, in its latest attempt.
    pub fn run(&self, run_id: u64, token: &str) -> Request {
        self.get(&format!("{}/{run_id}", self.runs()), token)
    }

    /// The jobs of one attempt; with `etag`, answered by 304 as long as nothing has changed.
    pub fn jobs(&self, run: RunKey, etag: Option<&str>, token: &str) -> Request {
        let RunKey { run_id, attempt } = run;
        let path = format!("{}/{run_id}/attempts/{attempt}/jobs?per_page=100", self.runs());
        let mut request = self.get(&path, token);
        if let Some(etag) = etag.and_then(|etag| etag.parse().ok()) {
            request.headers_mut().insert(header::IF_NONE_MATCH, etag);
        }
        request
    }

    /// Where the log of an ended job is: the answer is a redirect.
    pub fn job_log(&self, job_id: u64, token: &str) -> Request {
        self.get(&format!("/repos/{}/actions/jobs/{job_id}/logs", self.builder), token)
    }

    pub fn cancel(&self, run_id: u64, forced: bool, token: &str) -> Request {
        let verb = if forced { "force-cancel" } else { "cancel" };
        self.request(Method::POST, &format!("{}/{run_id}/{verb}", self.runs()), token, None)
    }

    /// Runs all jobs of an ended run again, as its next attempt.
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
