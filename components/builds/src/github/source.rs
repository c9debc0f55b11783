//! Checks before a build: the repository exists, the caller may read it, and the ref points to a commit.

use super::client::{Access, GitHub, TokenError, parse};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    access::GitHubIdentity,
    builds::{BuildRecord, BuildSpec, GitRef, HEAD},
    repository::{CommitSha, Repository},
};
use nokube_edge::{Call, Error, Result, now, warn};
use nokube_github::{
    Request, Response,
    error::{ErrorKind, blocked_reason, error_kind, message},
    responses::{self, Commit, Permission},
};

/// A source that was found.
pub struct CheckedSource {
    /// As GitHub calls it now.
    pub repository: Repository,
    pub repository_id: Option<u64>,
    /// The requested ref, or the default branch.
    pub git_ref: String,
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
    let get = |token: &str| api.repository(repository, token);
    // The token for the builder repository can read public repositories.
    let found = read_repository(&github.call_builder(get).await?)?;
    // A user's token may see private repositories too.
    let private = found.as_ref().is_none_or(|found| found.private);
    if private {
        check_may_read(github, call, repository).await?;
    }
    let default_branch = found.as_ref().and_then(default_branch);
    let git_ref = match (request.git_ref.as_str(), &default_branch) {
        (HEAD, Some(branch)) => branch.as_str(),
        (git_ref, _) => git_ref,
    };
    let commit = |token: &str| api.commit(repository, git_ref, token);
    let (response, found) = match found {
        Some(found) if !private => (github.call_builder(commit).await?, Some(found)),
        Some(found) => {
            (github.call_repository(repository, Access::Source, commit).await?, Some(found))
        }
        // Only the token for the source shows it.
        None => {
            let response = github.call_repository(repository, Access::Source, commit).await?;
            let found = github.call_repository(repository, Access::Source, get).await?;
            (response, read_repository(&found)?)
        }
    };
    let commit = read_commit(&response, repository, git_ref)?;
    let default_branch = found.as_ref().and_then(self::default_branch);
    let git_ref = match git_ref {
        HEAD => default_branch.unwrap_or_else(|| HEAD.to_owned()),
        git_ref => git_ref.to_owned(),
    };
    let repository_id = found.as_ref().and_then(|found| found.id);
    let present_name = found.and_then(|found| found.full_name);
    let repository = present_name.unwrap_or_else(|| repository.clone());
    Ok(CheckedSource { repository, repository_id, git_ref, commit, private })
}

fn default_branch(repository: &responses::Repository) -> Option<String> {
    let branch: GitRef = repository.default_branch.as_deref()?.parse().ok()?;
    Some(branch.to_string())
}

/// `None` if the repository does not exist or cannot be seen.
fn read_repository(response: &Response) -> Result<Option<responses::Repository>> {
    match response.status() {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_redirection() => {
            Err(at_repository("has moved: use its present URL").into())
        }
        _ => readable(response).and_then(|()| parse(response).map(Some)),
    }
}

/// # Errors
/// GitHub has blocked access to the repository.
fn readable(response: &Response) -> Result<()> {
    match blocked_reason(response) {
        Some(reason) => Err(at_repository(format!("cannot be read: {reason}")).into()),
        None => Ok(()),
    }
}

/// Checks that the source of a build can still be read before another attempt, and that the caller may read it
/// if it is private. Returns its present name.
///
/// # Errors
/// As [`check_source`]; or the source was deleted or made private.
pub async fn check_source_again(
    github: &GitHub,
    call: &Call,
    build: &BuildRecord,
) -> Result<Repository> {
    let current = current_source(github, build).await?;
    if !build.private
        && let Some(reason) = lost_source(build, current.as_ref())
    {
        return Err(at_repository(reason).into());
    }
    let name = present_name(build, current);
    if build.private {
        check_may_read(github, call, &name).await?;
    }
    Ok(name)
}

fn present_name(build: &BuildRecord, current: Option<responses::Repository>) -> Repository {
    let name = current.and_then(|current| current.full_name);
    name.unwrap_or_else(|| build.spec.repository.clone())
}

/// The source of a build at a later time.
pub enum PresentSource {
    /// It can be read, under this name.
    Readable(Repository),
    /// Why it can no longer be read, as a sentence.
    Lost(String),
}

/// Whether the source of a build can still be read.
///
/// # Errors
/// GitHub does not say.
pub async fn find_present_source(github: &GitHub, build: &BuildRecord) -> Result<PresentSource> {
    let current = match current_source(github, build).await {
        Ok(current) => current,
        Err(Error::Problem(problem)) if problem.kind == ProblemKind::Invalid => {
            return Ok(PresentSource::Lost(problem.detail));
        }
        Err(error) => return Err(error),
    };
    if let Some(what) = lost_source(build, current.as_ref()) {
        return Ok(PresentSource::Lost(format!("The repository {what}.")));
    }
    Ok(PresentSource::Readable(present_name(build, current)))
}

fn lost_source(build: &BuildRecord, current: Option<&responses::Repository>) -> Option<String> {
    let name = &build.spec.repository;
    match current {
        None if build.private => {
            Some(format!("{name} was deleted, or the platform may no longer read it"))
        }
        None => Some(format!("{name} was deleted or made private since the build was requested")),
        // The builder gets a token only for a source that was private when the build was requested.
        Some(current) if current.private && !build.private => Some(format!(
            "{name} was made private since the build was requested: start a new build"
        )),
        Some(_) => None,
    }
}

/// The source of a build as it is now; `None` if it cannot be seen.
async fn current_source(
    github: &GitHub,
    build: &BuildRecord,
) -> Result<Option<responses::Repository>> {
    let api = &github.settings.api;
    let by_name = |token: &str| api.repository(&build.spec.repository, token);
    let found = find_source(github, build, by_name).await?;
    let Some(id) = build.repository_id else { return Ok(found) };
    match found {
        Some(found) if found.id.is_none_or(|found| found == id) => Ok(Some(found)),
        // Another repository has its name now, or nobody has.
        _ => find_source(github, build, |token| api.repository_by_id(id, token)).await,
    }
}

async fn find_source(
    github: &GitHub,
    build: &BuildRecord,
    get: impl Fn(&str) -> Request,
) -> Result<Option<responses::Repository>> {
    if !build.private {
        return read_repository(&github.call_builder(get).await?);
    }
    match github.try_repository(&build.spec.repository, Access::Source, get).await {
        Ok(response) => read_repository(&response),
        // Other refusals, such as of the App's key, say nothing about the source.
        Err(TokenError::NotInstalled(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Checks that the caller may read a private repository.
///
/// # Errors
/// They may not: the same error as for one that does not exist.
async fn check_may_read(github: &GitHub, call: &Call, repository: &Repository) -> Result<()> {
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
    let status = response.status();
    match error_kind(&response, now().as_second()) {
        _ if status == StatusCode::NOT_FOUND => Err(hidden()),
        // Any other error would tell a stranger that the repository exists. The reason is for the administrator.
        ErrorKind::Credentials | ErrorKind::Permanent(_) => {
            let message = message(&response);
            warn(format_args!("GitHub does not say who may read {repository}: {status} {message}"));
            Err(hidden())
        }
        _ if parse::<Permission>(&response)?.allows_reading(account) => Ok(()),
        _ => Err(hidden()),
    }
}

fn read_commit(response: &Response, repository: &Repository, git_ref: &str) -> Result<CommitSha> {
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY if git_ref == HEAD => {
            Err(at_repository("has no default branch: name the branch to build").into())
        }
        StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Err(Problem::invalid_field(
            "branch",
            format!("{repository} has no branch, tag or commit '{git_ref}'"),
        )
        .into()),
        StatusCode::CONFLICT if message(response).contains("empty") => {
            Err(at_repository("is empty: push something first").into())
        }
        _ => {
            readable(response)?;
            Ok(parse::<Commit>(response)?.sha)
        }
    }
}

fn at_repository(detail: impl Into<String>) -> Problem {
    Problem::invalid_field("repository_url", detail)
}
