//! Pull requests.

use super::{ParseError, parse};
use crate::{Response, lenient};
use nokube_domain::{
    previews::{PullRequest, PullRequestState},
    repository::CommitSha,
};
use serde::Deserialize;
use serde_json::Value;

/// A pull request, alone or in a list.
#[derive(Deserialize)]
struct Pull {
    number: u32,
    /// `open` or `closed`.
    state: String,
    #[serde(default, deserialize_with = "lenient::text")]
    title: String,
    #[serde(default, deserialize_with = "lenient::flag")]
    draft: bool,
    /// `null` if the account was deleted.
    #[serde(default, deserialize_with = "lenient::optional")]
    user: Option<Account>,
    head: Side,
    base: Side,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

/// The branch that is merged, or into which it is merged.
#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: String,
    sha: CommitSha,
    /// `null` if the repository was deleted, which may be a fork.
    #[serde(default, deserialize_with = "lenient::optional")]
    repo: Option<RepositoryNumber>,
}

#[derive(Deserialize)]
struct RepositoryNumber {
    id: u64,
}

impl From<Pull> for PullRequest {
    fn from(pull: Pull) -> Self {
        let Pull { number, state, title, draft, user, head, base } = pull;
        Self {
            number,
            title,
            author: user.map(|user| user.login),
            // What GitHub may add is not open.
            state: match state.as_str() {
                "open" => PullRequestState::Open,
                _ => PullRequestState::Closed,
            },
            is_draft: draft,
            head: head.sha,
            head_branch: head.branch,
            head_repository: head.repo.map(|repo| repo.id),
            base_branch: base.branch,
            base: base.sha,
        }
    }
}

/// A pull request.
///
/// # Errors
/// The body is no pull request.
pub fn pull_request(response: &Response) -> Result<PullRequest, ParseError> {
    Ok(parse::<Pull>(response)?.into())
}

/// Pull requests. One that cannot be read must not hide the others.
///
/// # Errors
/// The body is no list.
pub fn pull_requests(response: &Response) -> Result<Vec<PullRequest>, ParseError> {
    let all = parse::<Vec<Value>>(response)?.into_iter();
    let all = all.filter_map(|one| serde_json::from_value::<Pull>(one).ok());
    Ok(all.map(PullRequest::from).collect())
}
