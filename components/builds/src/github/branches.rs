//! The branches of a repository: where they point to, and what has changed since.

use super::{
    client::{GitHub, parse, parsed, upstream_error},
    tokens::Access,
};
use http::StatusCode;
use nokube_domain::{
    pushes::{CommitSummary, Comparison},
    repository::CommitSha,
};
use nokube_edge::Result;
use nokube_github::{
    Request, Response,
    api::RepositoryPath,
    error::message,
    responses::{self, Commit},
};

/// The commit that a branch points to.
pub enum Head {
    Commit {
        summary: CommitSummary,
        /// The whole message.
        message: String,
    },
    /// There is no such branch, or the repository is empty.
    Missing,
}

/// What a branch points to now.
///
/// # Errors
/// GitHub does not say.
pub async fn head(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    branch: &str,
) -> Result<Head> {
    let api = &github.settings.api;
    head_in(&read(github, at, private, |token| api.head(at.clone(), branch, token)).await?)
}

/// A commit, by its id.
///
/// # Errors
/// GitHub does not say.
pub async fn commit(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    sha: &CommitSha,
) -> Result<Head> {
    let api = &github.settings.api;
    head_in(&read(github, at, private, |token| api.commit_by_sha(at.clone(), sha, token)).await?)
}

fn head_in(response: &Response) -> Result<Head> {
    if has_no_commit(response) {
        return Ok(Head::Missing);
    }
    let commit: Commit = parse(response)?;
    Ok(Head::Commit { summary: commit.summary(), message: commit.message().to_owned() })
}

/// 409: the repository is empty.
fn has_no_commit(response: &Response) -> bool {
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => true,
        StatusCode::CONFLICT => message(response).contains("empty"),
        _ => false,
    }
}

/// The files that differ between two commits of a branch.
///
/// # Errors
/// GitHub does not say.
pub async fn compare(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<Comparison> {
    if base == head {
        return Ok(Comparison::Same);
    }
    let response = read_comparison(github, at, private, base, head).await?;
    response.map_or(Ok(Comparison::Everything), |response| {
        parsed(&response, responses::comparison(&response))
    })
}

/// GitHub's comparison of two commits; `None` if it cannot compare them.
///
/// # Errors
/// GitHub does not say.
pub async fn read_comparison(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<Option<Response>> {
    let api = &github.settings.api;
    let make = |token: &str| api.compare(at.clone(), base, head, token);
    let response = read(github, at, private, make).await?;
    Ok(Some(response).filter(|response| !is_incomparable(response)))
}

/// Whether GitHub cannot compare the two commits: it does not know the first one any more, they have no common history,
/// or they differ too much.
fn is_incomparable(response: &Response) -> bool {
    let says_why = || {
        let message = message(response).to_ascii_lowercase();
        ["this diff", "no common ancestor", "too large"].iter().any(|why| message.contains(why))
    };
    match response.status() {
        StatusCode::NOT_FOUND
        | StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::PAYLOAD_TOO_LARGE => true,
        status => !status.is_success() && says_why(),
    }
}

/// The names of at most `count` branches that begin with `prefix`.
///
/// # Errors
/// GitHub does not say.
pub async fn branches(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    prefix: &str,
    count: usize,
) -> Result<Vec<String>> {
    let api = &github.settings.api;
    let make = |token: &str| match prefix {
        "" => api.branches(at.clone(), count, token),
        prefix => api.matching_branches(at.clone(), prefix, token),
    };
    let response = read(github, at, private, make).await?;
    let names = match response.status() {
        // The repository is empty.
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Vec::new(),
        // So many that the person has to type more of the name.
        StatusCode::PAYLOAD_TOO_LARGE => Vec::new(),
        status if !status.is_success() => return Err(upstream_error(&response)),
        _ => parsed(&response, responses::branch_names(&response))?,
    };
    Ok(names.into_iter().filter(|name| name.starts_with(prefix)).take(count).collect())
}

/// Sends a request about a repository with a token that may read it.
pub async fn read(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    make: impl Fn(&str) -> Request,
) -> Result<Response> {
    match private {
        true => github.call_repository(at, Access::Source, make).await,
        false => github.call_public(make).await,
    }
}
