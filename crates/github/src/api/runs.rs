//! The builder's workflow and its runs.

use super::{Api, encode};
use crate::Request;
use http::{Method, header};
use nokube_domain::{
    Timestamp,
    builds::{BuildRecord, CancelMode, RunKey},
};
use serde_json::json;
use std::collections::BTreeMap;

impl Api {
    fn runs(&self) -> String {
        format!("/repos/{}/actions/runs", self.builder)
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
