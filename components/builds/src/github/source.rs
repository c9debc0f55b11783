//! Before a build: is the repository there, may the caller read it, what does the ref point to?

use super::client::{Access, GitHub, refused};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    access::AtGitHub,
    build::NewBuild,
    repository::{CommitSha, Repository},
};
use nokube_edge::{Call, Failure, Result};
use nokube_github::{Response, answer, refusal::message};

/// What GitHub says about the source.
pub struct Checked {
    pub commit: CommitSha,
    pub private: bool,
}

/// Checks the source of a build.
///
/// # Errors
/// What the user can mend, at its field; a private repository that the caller may not read is the
/// same as one that does not exist.
pub async fn check_source(github: &GitHub, call: &Call, asked: &NewBuild) -> Result<Checked> {
    let (api, repository) = (&github.settings.api, &asked.repository);
    // The builder's own token reads whatever is public.
    let looked = github.builder(|token| api.repository(repository, token)).await?;
    let access = match looked.status() {
        StatusCode::OK if !read(answer::is_private(&looked))? => None,
        // A user's token may see private repositories too.
        StatusCode::OK => Some(Access::Source),
        StatusCode::NOT_FOUND => Some(Access::Source),
        StatusCode::MOVED_PERMANENTLY => {
            return Err(at_repository("has moved: use its present URL").into());
        }
        _ => return Err(refused(&looked)),
    };
    if access.is_some() {
        may_read(github, call, repository).await?;
    }
    let ask = |token: &str| api.commit(repository, &asked.git_ref, token);
    let commit = match access {
        None => github.builder(ask).await?,
        Some(access) => github.call(repository, access, ask).await?,
    };
    Ok(Checked { commit: read_commit(&commit, asked)?, private: access.is_some() })
}

/// May the caller read this private repository?
///
/// # Errors
/// They may not, in the words for one that does not exist.
pub async fn may_read(github: &GitHub, call: &Call, repository: &Repository) -> Result<()> {
    let (api, caller) = (&github.settings.api, call.caller()?);
    let hidden = || {
        let web = github.settings.web.host_str().unwrap_or_default().to_owned();
        let login = &caller.login;
        Failure::from(at_repository(format!(
            "cannot be read: there is no such repository on {web}, or it is private and either \
             the platform's GitHub App is not installed on it or {login} may not read it"
        )))
    };
    // A login can change hands: of somebody who has signed in there the account's number counts.
    let account = match call.at_github()? {
        AtGitHub::Nobody => return Err(hidden()),
        AtGitHub::Login => None,
        AtGitHub::Account(number) => Some(number),
    };
    let ask = |token: &str| api.permission(repository, &caller.login, token);
    let permission = match github.call(repository, Access::Source, ask).await {
        Ok(permission) => permission,
        // The App is not installed there; to anybody else it may as well not exist.
        Err(Failure::Problem(problem)) if problem.kind == ProblemKind::UpstreamRefused => {
            return Err(hidden());
        }
        Err(other) => return Err(other),
    };
    match permission.status() {
        StatusCode::OK if read(answer::may_read(&permission, account))? => Ok(()),
        StatusCode::OK | StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Err(hidden()),
        _ => Err(refused(&permission)),
    }
}

fn read_commit(commit: &Response, asked: &NewBuild) -> Result<CommitSha> {
    let NewBuild { repository, git_ref, .. } = asked;
    match commit.status() {
        StatusCode::OK => read(answer::commit(commit)),
        StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Err(Problem::field(
            "branch",
            format!("{repository} has no branch, tag or commit '{git_ref}'"),
        )
        .into()),
        StatusCode::CONFLICT if message(commit).contains("empty") => {
            Err(at_repository("is empty: push something first").into())
        }
        _ => Err(refused(commit)),
    }
}

fn at_repository(detail: impl Into<String>) -> Problem {
    Problem::field("repository_url", detail)
}

fn read<T>(read: std::result::Result<T, answer::Unreadable>) -> Result<T> {
    read.map_err(|error| Failure::internal("GitHub", error))
}
