//! Pull requests. Those of a private repository need a permission that the account of an older installation may not have
//! accepted yet. Pushes are built all the same, so that is no error.

use super::{
    branches,
    client::{GitHub, parsed},
    reports::{asks_for_too_much, lacks_permission},
    tokens::{Access, TokenError},
};
use http::StatusCode;
use nokube_domain::{previews::PullRequest, pushes::Comparison, repository::CommitSha};
use nokube_edge::{
    Result, now,
    store::{Store, keys},
};
use nokube_github::{
    Request, Response,
    api::{LISTED_LONG_PULL_REQUESTS, LISTED_PULL_REQUESTS, RepositoryPath},
    responses,
};

/// What GitHub says about pull requests.
pub enum Pulls<T> {
    Found(T),
    /// The account of the installation has not granted the permission to read them.
    NotPermitted,
}

/// A pull request; `None` if there is none with this number.
///
/// # Errors
/// GitHub does not say.
pub async fn pull_request(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    number: u32,
) -> Result<Pulls<Option<PullRequest>>> {
    let api = &github.settings.api;
    let make = |token: &str| api.pull_request(at.clone(), number, token);
    Ok(match read(github, at, private, make).await? {
        Pulls::NotPermitted => Pulls::NotPermitted,
        Pulls::Found(response) => Pulls::Found(match response.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => None,
            _ => Some(parsed(&response, responses::pull_request(&response))?),
        }),
    })
}

/// The open pull requests that changed last, at most [`LISTED_PULL_REQUESTS`]; fewer if they are too long to be read: who
/// opens them writes what is in them.
///
/// # Errors
/// GitHub does not say.
pub async fn open_pull_requests(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
) -> Result<Pulls<Vec<PullRequest>>> {
    let api = &github.settings.api;
    let list = async |count: usize| {
        let make = |token: &str| api.open_pull_requests(at.clone(), count, token);
        read(github, at, private, make).await
    };
    let listed = match list(LISTED_PULL_REQUESTS).await? {
        Pulls::Found(response) if response.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            list(LISTED_LONG_PULL_REQUESTS).await?
        }
        listed => listed,
    };
    Ok(match listed {
        Pulls::NotPermitted => Pulls::NotPermitted,
        Pulls::Found(response) => {
            Pulls::Found(parsed(&response, responses::pull_requests(&response))?)
        }
    })
}

/// The files that a pull request changes. `base` is the commit of its base branch, which may have gone on since the pull
/// request left it.
///
/// # Errors
/// GitHub does not say.
pub async fn changed_files(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<Comparison> {
    let response = branches::read_comparison(github, at, private, base, head).await?;
    response.map_or(Ok(Comparison::Everything), |response| {
        parsed(&response, responses::pull_request_comparison(&response))
    })
}

/// Notes whether the pull requests of a private repository could be read: one read, and a write if that has changed.
///
/// # Errors
/// The store failed.
pub async fn note(store: &Store, repository_id: u64, permitted: bool) -> Result<()> {
    match (permitted, is_waiting_for_approval(store, repository_id).await?) {
        (true, true) => store.delete(keys::pull_requests_unreadable(repository_id)).await,
        (false, false) => store.set(keys::pull_requests_unreadable(repository_id), &now()).await,
        _ => Ok(()),
    }
}

/// Whether the account of the installation still has to grant the permission, as noted last: one read.
///
/// # Errors
/// The store failed.
pub async fn is_waiting_for_approval(store: &Store, repository_id: u64) -> Result<bool> {
    Ok(store.get(keys::pull_requests_unreadable(repository_id)).await?.is_some())
}

/// Anybody may read the pull requests of a public repository.
async fn read(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    make: impl Fn(&str) -> Request,
) -> Result<Pulls<Response>> {
    if !private {
        return Ok(Pulls::Found(github.call_public(make).await?));
    }
    match github.try_repository(at, Access::PullRequests, make).await {
        // The permission was withdrawn since the token was issued.
        Ok(response) if lacks_permission(&response) => Ok(Pulls::NotPermitted),
        Ok(response) => Ok(Pulls::Found(response)),
        Err(TokenError::Refused(response)) if asks_for_too_much(&response) => {
            Ok(Pulls::NotPermitted)
        }
        Err(error) => Err(error.into()),
    }
}
