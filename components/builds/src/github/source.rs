//! Checks before a build: the repository exists, the caller may read it, and the ref points to a commit.

use super::{
    access::{check_may_read, hidden},
    client::{GitHub, parse},
    tokens::{Access, TokenError},
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    builds::{BuildRecord, BuildSpec, GitRef, HEAD},
    pushes::CommitSummary,
    repository::Repository,
};
use nokube_edge::{Call, Error, Result};
use nokube_github::{
    Request, Response,
    api::RepositoryPath,
    error::{blocked_reason, message},
    redirect::moved_to,
    responses::{self, Commit},
};

/// A source that was found.
pub struct CheckedSource {
    /// As GitHub calls it now.
    pub repository: Repository,
    pub repository_id: Option<u64>,
    /// The requested ref, or the default branch.
    pub git_ref: String,
    pub commit: CommitSummary,
    pub private: bool,
}

/// Checks the source of a build, which is at `at`.
///
/// # Errors
/// What the user can fix, at its field. A private repository that the caller may not read gets the same error
/// as one that does not exist, after the same requests.
pub async fn check_source(
    github: &GitHub,
    call: &Call,
    request: &BuildSpec,
    at: &RepositoryPath,
) -> Result<CheckedSource> {
    let (api, git_ref) = (&github.settings.api, &request.git_ref);
    let get = |token: &str| api.repository(at.clone(), token);
    let response = github.call_public(get).await?;
    match read_repository(&response)? {
        Some(found) if !found.private => {
            let git_ref = git_ref_in(&found, git_ref);
            let commit =
                github.call_public(|token| api.commit(at.clone(), &git_ref, token)).await?;
            checked(request, found, git_ref, &commit)
        }
        // Private or not found: a person's token in the settings shows private repositories, the App's does not.
        found => {
            if moved_to(&response).is_none() {
                // As many requests as for one that was renamed.
                github.call_public(get).await?;
            }
            let moved = moved_to(&response).map(RepositoryPath::Id);
            let at = check_may_read(github, call, moved.as_ref().unwrap_or(at)).await?;
            let found = match found {
                Some(found) => found,
                None => {
                    let caller = call.caller()?;
                    let found = read_private(github, &at).await?;
                    found.ok_or_else(|| hidden(github, caller))?
                }
            };
            let git_ref = git_ref_in(&found, git_ref);
            let commit = |token: &str| api.commit(at.clone(), &git_ref, token);
            let commit = github.call_repository(&at, Access::Source, commit).await?;
            checked(request, found, git_ref, &commit)
        }
    }
}

/// A repository that the caller may read.
pub struct ReadableRepository {
    pub at: RepositoryPath,
    pub private: bool,
    pub default_branch: Option<String>,
}

/// The repository with this number; `None` if there is none or the caller may not read it, after the same requests.
///
/// # Errors
/// GitHub does not say.
pub async fn find_readable(
    github: &GitHub,
    call: &Call,
    id: u64,
) -> Result<Option<ReadableRepository>> {
    let at = RepositoryPath::Id(id);
    let get = |token: &str| github.settings.api.repository(at.clone(), token);
    let found = match read_repository(&github.call_public(get).await?)? {
        Some(found) if !found.private => Some(found),
        // Private or not found, as in `check_source`.
        found => match check_may_read(github, call, &at).await {
            Ok(_) if found.is_some() => found,
            Ok(_) => read_private(github, &at).await?,
            Err(Error::Problem(problem)) if problem.kind == ProblemKind::Invalid => None,
            Err(error) => return Err(error),
        },
    };
    Ok(found.map(|found| ReadableRepository {
        private: found.private,
        default_branch: found.default_branch,
        at: at.clone(),
    }))
}

/// A repository that only the token for it shows.
async fn read_private(
    github: &GitHub,
    at: &RepositoryPath,
) -> Result<Option<responses::Repository>> {
    let get = |token: &str| github.settings.api.repository(at.clone(), token);
    read_repository(&github.call_repository(at, Access::Source, get).await?)
}

/// The requested ref, or the default branch.
fn git_ref_in(found: &responses::Repository, requested: &str) -> String {
    match requested {
        HEAD => default_branch(found).unwrap_or_else(|| HEAD.to_owned()),
        git_ref => git_ref.to_owned(),
    }
}

fn checked(
    request: &BuildSpec,
    found: responses::Repository,
    git_ref: String,
    commit: &Response,
) -> Result<CheckedSource> {
    let repository = found.full_name.unwrap_or_else(|| request.repository.clone());
    let commit = read_commit(commit, &repository, &git_ref)?;
    let (repository_id, private) = (found.id, found.private);
    Ok(CheckedSource { repository, repository_id, git_ref, commit, private })
}

fn default_branch(repository: &responses::Repository) -> Option<String> {
    let branch: GitRef = repository.default_branch.as_deref()?.parse().ok()?;
    Some(branch.to_string())
}

/// `None` if the repository does not exist or cannot be seen.
///
/// # Errors
/// GitHub redirects to an unknown place, has blocked the repository, or fails.
pub fn read_repository(response: &Response) -> Result<Option<responses::Repository>> {
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
    if build.private {
        let name = || RepositoryPath::from(&build.spec.repository);
        let at = build.repository_id.map_or_else(name, RepositoryPath::Id);
        let at = check_may_read(github, call, &at).await?;
        return Ok(present_name(build, read_private(github, &at).await?));
    }
    let current = current_source(github, build).await?;
    match lost_source(build, current.as_ref()) {
        Some(reason) => Err(at_repository(reason).into()),
        None => Ok(present_name(build, current)),
    }
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
        return read_repository(&github.call_public(get).await?);
    }
    let at = RepositoryPath::from(&build.spec.repository);
    match github.try_repository(&at, Access::Source, get).await {
        Ok(response) => read_repository(&response),
        // Other refusals, such as of the App's key, say nothing about the source.
        Err(TokenError::NotInstalled(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn read_commit(
    response: &Response,
    repository: &Repository,
    git_ref: &str,
) -> Result<CommitSummary> {
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
            Ok(parse::<Commit>(response)?.summary())
        }
    }
}

fn at_repository(detail: impl Into<String>) -> Problem {
    Problem::invalid_field("repository_url", detail)
}
