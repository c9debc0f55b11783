//! Checks before a build: the repository exists, the caller may read it, and the ref points to a commit.

use super::client::{Access, GitHub, parse};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    access::GitHubIdentity,
    builds::BuildSpec,
    repository::{CommitSha, Repository},
};
use nokube_edge::{Call, Error, Result};
use nokube_github::{
    Response,
    error::message,
    responses::{self, Commit, Permission},
};

/// A source that was found.
pub struct CheckedSource {
    pub commit: CommitSha,
    pub private: bool,
}

/// Checks the source of a build.
///
/// # Errors
/// What the user can fix, at its field. A private repository that the caller may not read gets the same error
/// as one that does not exist.
pub async fn check_source(
    github: &GitHub,
    call: &Call,
    request: &BuildSpec,
) -> Result<CheckedSource> {
    let (api, repository) = (&github.settings.api, &request.repository);
    // The token for the builder repository can read public repositories.
    let response = github.call_builder(|token| api.repository(repository, token)).await?;
    let private = match response.status() {
        StatusCode::NOT_FOUND => true,
        StatusCode::MOVED_PERMANENTLY => {
            return Err(at_repository("has moved: use its present URL").into());
        }
        // A user's token may see private repositories too.
        _ => parse::<responses::Repository>(&response)?.private,
    };
    if private {
        check_may_read(github, call, repository).await?;
    }
    let commit = |token: &str| api.commit(repository, &request.git_ref, token);
    let response = match private {
        false => github.call_builder(commit).await?,
        true => github.call_repository(repository, Access::Source, commit).await?,
    };
    Ok(CheckedSource { commit: read_commit(&response, request)?, private })
}

/// Checks that the caller may read a private repository.
///
/// # Errors
/// They may not: the same error as for one that does not exist.
pub async fn check_may_read(github: &GitHub, call: &Call, repository: &Repository) -> Result<()> {
    let (api, caller) = (&github.settings.api, call.caller()?);
    let hidden = || {
        let web = github.settings.web.host_str().unwrap_or_default().to_owned();
        let login = &caller.login;
        Error::from(at_repository(format!(
            "cannot be read: there is no such repository on {web}, or it is private and either \
             the platform's GitHub App is not installed on it or {login} may not read it"
        )))
    };
    // A login can pass to another account, so the account's number is compared where it is known.
    let account = match call.github_identity()? {
        GitHubIdentity::Unknown => return Err(hidden()),
        GitHubIdentity::Login => None,
        GitHubIdentity::Account(number) => Some(number),
    };
    let permission = |token: &str| api.permission(repository, &caller.login, token);
    let response = match github.call_repository(repository, Access::Source, permission).await {
        Ok(response) => response,
        // The App is not installed there.
        Err(Error::Problem(problem)) if problem.kind == ProblemKind::UpstreamRefused => {
            return Err(hidden());
        }
        Err(other) => return Err(other),
    };
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Err(hidden()),
        _ if parse::<Permission>(&response)?.allows_reading(account) => Ok(()),
        _ => Err(hidden()),
    }
}

fn read_commit(response: &Response, request: &BuildSpec) -> Result<CommitSha> {
    let BuildSpec { repository, git_ref, .. } = request;
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Err(Problem::invalid_field(
            "branch",
            format!("{repository} has no branch, tag or commit '{git_ref}'"),
        )
        .into()),
        StatusCode::CONFLICT if message(response).contains("empty") => {
            Err(at_repository("is empty: push something first").into())
        }
        _ => Ok(parse::<Commit>(response)?.sha),
    }
}

fn at_repository(detail: impl Into<String>) -> Problem {
    Problem::invalid_field("repository_url", detail)
}
