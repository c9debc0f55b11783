//! Opens and changes pull requests, and shows them, for people who try the platform: GitHub has no such path.
//!
//! ```sh
//! curl "$GITHUB/_pull_request/alice/shop" --json '{"action": "open", "branch": "feature", "files": ["web/cart.js"]}'
//! curl "$GITHUB/_pull_request/alice/shop" --json '{"action": "push", "number": 1, "message": "Fix the cart"}'
//! ```

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::response::{ApiResult, ok_json};
use crate::github::local_git;
use crate::github::model::api_error::ApiError;
use crate::github::model::deployments::Deployment;
use crate::github::model::git::Commit;
use crate::github::model::pull_requests::{PullRequest, PullRequestView};
use crate::github::model::{Effect, Model};
use crate::github::server_state::ServerState;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Open,
    Push,
    /// Makes it a draft.
    Draft,
    Ready,
    Retarget,
    Close,
    Reopen,
    Merge,
    DeleteFork,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullRequestRequest {
    action: Action,
    /// Of the pull request. All actions but `open` need it.
    number: Option<u32>,
    /// `open`: the head branch, which is created if nobody has pushed to it. `feature` if there is none.
    branch: Option<String>,
    /// `open`: the owner of a fork.
    fork: Option<String>,
    /// `open` and `retarget`: the base branch.
    base: Option<String>,
    /// `open`: its title.
    title: Option<String>,
    /// `open`: who opens it; `merge`: who merges it.
    author: Option<String>,
    /// `open`: as a draft.
    #[serde(default)]
    draft: bool,
    /// `open` and `push`: the commit's message.
    message: Option<String>,
    /// `open` and `push`: the files that the commit changes. README.md if there is none.
    files: Option<Vec<String>>,
    /// `push`: replaces the branch's commits.
    #[serde(default)]
    force: bool,
}

/// The pull request afterwards, as the list shows it.
pub async fn change(
    State(state): State<Arc<ServerState>>,
    Path((owner, repo)): Path<(String, String)>,
    request: Result<Json<PullRequestRequest>, JsonRejection>,
) -> ApiResult {
    let Json(request) = request.map_err(|error| ApiError::unprocessable(error.body_text()))?;
    let full_name = format!("{owner}/{repo}");
    local_git::read(&state, &full_name).await;
    let is_local = state.options.local_repository(&full_name).is_some();
    if is_local && matches!(request.action, Action::Push | Action::Merge) {
        let message = "This repository is in a folder on this machine: commit there, and open pull requests of its branches.";
        return Err(ApiError::unprocessable(message));
    }
    let number = state.try_change_to(|model, now| {
        if is_local && request.action == Action::Open {
            check_branch(model, &full_name, request.branch.as_deref())?;
        }
        apply(model, &full_name, request, now)
    })?;
    let mut model = state.model();
    let repository = model.repositories.find(&full_name)?;
    let view = model.pull_request_view(&repository, number)?;
    ok_json(&shown(&model, repository.id, &view))
}

/// A branch of a folder is never created here.
fn check_branch(model: &mut Model, full_name: &str, branch: Option<&str>) -> Result<(), ApiError> {
    let branch = branch.unwrap_or("feature");
    let (_, git) = model.repositories.find_git(full_name)?;
    match git.branches().contains_key(branch) {
        true => Ok(()),
        false => {
            Err(ApiError::unprocessable(format!("There is no branch {branch} in the folder.")))
        }
    }
}

/// Returns the number of the pull request.
fn apply(
    model: &mut Model,
    repository: &str,
    request: PullRequestRequest,
    now: Timestamp,
) -> Result<(u32, Vec<Effect>), ApiError> {
    let message = request.message.as_deref().unwrap_or("A change");
    let files = request.files.as_deref();
    let paths: Vec<&str> = files.unwrap_or_default().iter().map(String::as_str).collect();
    if request.action == Action::Open {
        let new = PullRequest::from_branch(request.branch.as_deref().unwrap_or("feature"));
        let new = files.map_or(new.clone(), |_| new.with(Commit::new(message, &paths)));
        let new = request.fork.map_or(new.clone(), |owner| new.of_fork(&owner));
        let new = request.base.map_or(new.clone(), |base| new.into(&base));
        let new = request.title.map_or(new.clone(), |title| new.title(&title));
        let new = request.author.map_or(new.clone(), |author| new.by(&author));
        let new = if request.draft { new.draft() } else { new };
        return model.open_pull_request(repository, new, now);
    }
    let missing = |field: &str| ApiError::unprocessable(format!("{field} is missing"));
    let number = request.number.ok_or_else(|| missing("number"))?;
    let effects = match request.action {
        Action::Open => Vec::new(),
        Action::Push => {
            let files = if paths.is_empty() { vec!["README.md"] } else { paths };
            let commit = Commit::new(message, &files);
            model.push_to_pull_request(repository, number, commit, request.force, now)?.1
        }
        Action::Draft => model.set_draft(repository, number, true, now)?,
        Action::Ready => model.set_draft(repository, number, false, now)?,
        Action::Retarget => {
            let base = request.base.ok_or_else(|| missing("base"))?;
            model.retarget(repository, number, &base, now)?
        }
        Action::Close => model.close_pull_request(repository, number, now)?,
        Action::Reopen => model.reopen_pull_request(repository, number, now)?,
        Action::Merge => {
            let owner = repository.split('/').next().unwrap_or_default();
            let by = request.author.as_deref().unwrap_or(owner);
            model.merge_pull_request(repository, number, by, now)?.1
        }
        Action::DeleteFork => model.delete_fork(repository, number)?,
    };
    Ok((number, effects))
}

/// All pull requests with their commit statuses, and the deployments of the repository.
pub async fn show(
    State(state): State<Arc<ServerState>>,
    Path((owner, repo)): Path<(String, String)>,
) -> ApiResult {
    let full_name = format!("{owner}/{repo}");
    local_git::read(&state, &full_name).await;
    let mut model = state.model();
    let repository = model.repositories.find(&full_name)?;
    let pull_requests = model.pull_requests(&repository);
    let deployment = |found: &Deployment| {
        let newest = found.statuses.last();
        json!({
            "environment": found.environment, "commit": found.sha,
            "states": found.statuses.iter().map(|status| &status.state).collect::<Vec<_>>(),
            "environment_url": newest.and_then(|status| status.environment_url.clone()),
        })
    };
    let deployments = model.deployments.of_repository(repository.id);
    ok_json(&json!({
        "pull_requests":
            pull_requests.iter().map(|view| shown(&model, repository.id, view)).collect::<Value>(),
        "deployments": deployments.iter().map(deployment).collect::<Value>(),
    }))
}

fn shown(model: &Model, repository: u64, view: &PullRequestView) -> Value {
    let stored = &view.stored;
    let state = match (&stored.merged, stored.is_open(), stored.is_draft) {
        (Some(_), ..) => "merged",
        (None, false, _) => "closed",
        (None, true, true) => "draft",
        (None, true, false) => "open",
    };
    let statuses = model.statuses.of_commit(repository, &stored.head_sha);
    let statuses = statuses.iter().map(|status| format!("{}: {}", status.context, status.state));
    json!({
        "number": stored.number, "title": stored.title, "state": state,
        "head": stored.head_label(), "base": stored.base_branch, "commit": stored.head_sha,
        "statuses": statuses.collect::<Vec<_>>(),
    })
}
