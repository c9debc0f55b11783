//! A developer approves one commit of a pull request from a fork: then it is built.

use crate::{
    github::{
        GitHub, RepositoryState,
        pulls::{Pulls, pull_request},
        repository_state,
    },
    pushes::look_at_pull_request,
};
use nokube_domain::{
    Problem, Reason, UnknownFields,
    previews::{ApprovedCommit, PullRequest, PullRequestState},
    repository::CommitSha,
};
use nokube_edge::{
    Call, Result, now,
    pushes::LinkedService,
    store::{Store, keys},
};
use nokube_github::api::RepositoryPath;

pub const CHANGED: &str =
    "The pull request has another head by now, or was closed. Look at what it is now.";

/// Approves a commit in the name of the caller, if it is the head, and looks at the pull request. The commit that was
/// approved before no longer is. One write, and what the look needs.
///
/// # Errors
/// 404 if GitHub shows no such pull request; 409 if the commit is not its head.
pub async fn approve(
    call: &Call,
    store: &Store,
    github: &GitHub,
    service: &LinkedService,
    number: u32,
    commit: CommitSha,
) -> Result<()> {
    let found = find(github, service.source.repository_id, number).await?;
    let found = found.ok_or_else(|| Problem::not_found("pull request"))?;
    if found.head != commit || found.state == PullRequestState::Closed {
        return Err(Problem::conflict(Reason::PullRequestChanged, CHANGED).into());
    }
    let caller = call.caller()?;
    let approved = ApprovedCommit {
        commit,
        by: caller.login.clone(),
        person: caller.person.clone(),
        at: now(),
        unknown_fields: UnknownFields::default(),
    };
    let key = keys::approved_commit(service.project, &service.name, number);
    store.set(key, &approved).await?;
    look_at_pull_request(store, github, service, number).await
}

async fn find(github: &GitHub, repository: u64, number: u32) -> Result<Option<PullRequest>> {
    let RepositoryState::Present { private, .. } = repository_state(github, repository).await?
    else {
        return Ok(None);
    };
    Ok(match pull_request(github, &RepositoryPath::Id(repository), private, number).await? {
        Pulls::Found(found) => found,
        Pulls::NotPermitted => None,
    })
}
