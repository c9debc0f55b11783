//! Pushes a commit, and shows the branches, for people who try the platform: GitHub has no such path.
//!
//! ```sh
//! curl -X POST "$GITHUB/_push/alice/shop?branch=main&message=Fix+the+cart&files=web/cart.js,README.md"
//! curl -X POST --data-binary @nokube.toml "$GITHUB/_push/alice/shop?files=nokube.toml"
//! ```

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::response::{ApiResult, ok_json};
use crate::github::local_git;
use crate::github::model::api_error::ApiError;
use crate::github::model::git::{Commit, Contents, GitRef, StoredCommit};
use crate::github::model::pushes::Parent;
use crate::github::model::statuses::CommitStatus;
use crate::github::server_state::ServerState;

#[derive(Deserialize)]
pub struct PushQuery {
    /// The repository's default branch if there is none.
    branch: Option<String>,
    message: Option<String>,
    /// Paths with commas between them. README.md if there is none. The first one is a file with the request's body as its
    /// contents, if there is a body.
    files: Option<String>,
    /// The login of the author. The repository's owner if there is none.
    author: Option<String>,
    /// Replaces the branch's last commit.
    #[serde(default)]
    force: bool,
    /// Deletes the branch.
    #[serde(default)]
    delete: bool,
}

/// The branch's commit afterwards: `{"branch": "main", "commit": "…"}`.
pub async fn push(
    State(state): State<Arc<ServerState>>,
    Path((owner, repo)): Path<(String, String)>,
    Query(query): Query<PushQuery>,
    body: Bytes,
) -> ApiResult {
    let full_name = format!("{owner}/{repo}");
    if state.options.local_repository(&full_name).is_some() {
        let message = "This repository is in a folder on this machine: commit there.";
        return Err(ApiError::unprocessable(message));
    }
    let (branch, sha) = state.try_change_to(|model, now| {
        let (repository, git) = model.repositories.find_git(&full_name)?;
        let branch = query.branch.unwrap_or(repository.default_branch);
        let author = query.author.as_deref();
        if query.delete {
            let gone = GitRef::Branch(branch.clone());
            let effects = model.delete_ref(&full_name, gone, author, now)?;
            return Ok(((branch, None), effects));
        }
        let head = git.head(&branch).and_then(|head| git.commit(&head));
        let parent = match head.filter(|_| query.force).map(|head| head.parents) {
            None => Parent::Head,
            Some(parents) => parents.into_iter().next().map_or(Parent::None, Parent::Commit),
        };
        let files = query.files.unwrap_or_else(|| "README.md".to_owned());
        let files: Vec<&str> = files.split(',').filter(|file| !file.is_empty()).collect();
        let (with_body, files) =
            files.split_at(if body.is_empty() { 0 } else { files.len().min(1) });
        let commit = Commit::new(query.message.as_deref().unwrap_or("A change"), files);
        let contents = Contents::File(body.to_vec());
        let commit = with_body
            .iter()
            .fold(commit, |commit, file| commit.with_contents(file, contents.clone()));
        let commit = author.map_or(commit.clone(), |author| commit.by(author));
        let (sha, effects) = model.push(&full_name, &branch, parent, vec![commit], author, now)?;
        Ok::<_, ApiError>(((branch, Some(sha)), effects))
    })?;
    ok_json(&json!({"branch": branch, "commit": sha}))
}

/// The newest ten commits of each branch, each with its statuses.
pub async fn show(
    State(state): State<Arc<ServerState>>,
    Path((owner, repo)): Path<(String, String)>,
) -> ApiResult {
    let full_name = format!("{owner}/{repo}");
    local_git::read(&state, &full_name).await;
    let mut model = state.model();
    let (repository, git) = model.repositories.find_git(&full_name)?;
    let branches = git.branches();
    let commits: Vec<_> = branches.iter().map(|(name, head)| (name, git.history(head))).collect();
    let statuses = model.statuses.of_repository(repository.id);
    let commit = |commit: &StoredCommit| {
        let of_commit = statuses.iter().filter(|status| status.sha == commit.sha);
        let text = |status: &CommitStatus| {
            let description = status.description.as_deref().unwrap_or_default();
            format!("{}: {} ({description})", status.context, status.state)
        };
        json!({
            "commit": commit.sha, "message": commit.message,
            "statuses": of_commit.map(text).collect::<Value>(),
        })
    };
    let newest = |history: &[StoredCommit]| history.iter().take(10).map(commit).collect::<Value>();
    let branches: Value = commits
        .iter()
        .map(|(name, history)| ((*name).clone(), newest(history)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    ok_json(&branches)
}
