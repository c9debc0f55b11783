//! Commit statuses.

use super::{Api, RepositoryPath};
use crate::Request;
use http::Method;
use nokube_domain::{pushes::CommitState, repository::CommitSha};
use serde_json::json;

/// A status of a commit, which replaces the earlier one of the same context.
///
/// <https://docs.github.com/en/rest/commits/statuses#create-a-commit-status>
#[derive(Clone, Debug)]
pub struct NewStatus<'a> {
    /// What reports it. A branch can require the success of a context.
    pub context: &'a str,
    pub state: CommitState,
    /// A sentence; GitHub takes at most 140 characters.
    pub description: &'a str,
    /// The page that says more, if there is one.
    pub target_url: Option<&'a str>,
}

impl Api {
    /// Reports a status of a commit. GitHub accepts 1,000 of each context.
    pub fn create_status(
        &self,
        at: impl Into<RepositoryPath>,
        commit: &CommitSha,
        status: &NewStatus<'_>,
        token: &str,
    ) -> Request {
        let body = json!({
            "context": status.context,
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
        });
        let path = format!("{}/statuses/{commit}", at.into());
        self.request(Method::POST, &path, token, Some(body))
    }
}
