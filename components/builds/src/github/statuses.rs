//! Reports commit statuses.

use super::{
    client::GitHub,
    installation::is_permanent,
    tokens::{self, Access, TokenError},
};
use crate::settings::Credentials;
use http::StatusCode;
use nokube_domain::{Timestamp, repository::CommitSha};
use nokube_edge::{Result, now, warn};
use nokube_github::{
    Response,
    api::{NewStatus, RepositoryPath},
    error::{ErrorKind, error_kind, lasting_reason, message},
};

/// A token with which commit statuses of one repository are reported.
pub struct StatusToken {
    pub installation: u64,
    text: String,
}

/// Why nothing can be reported in a repository.
pub enum NoToken {
    /// The App is not installed there, or the platform has a token in place of an App.
    NotInstalled,
    /// The account of the installation has not granted it.
    NotPermitted,
}

/// GitHub's response to a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusResult {
    Created,
    /// The account of the installation has not granted it.
    NotPermitted,
    /// GitHub does not take it, and will not later: for example the commit is gone.
    Refused,
    /// GitHub takes no more until then.
    Limited(Timestamp),
    /// It may succeed later.
    Failed,
}

/// Gets the token for the statuses of a repository.
///
/// # Errors
/// GitHub does not answer, or limits requests.
pub async fn status_token(
    github: &GitHub,
    at: &RepositoryPath,
) -> Result<std::result::Result<StatusToken, NoToken>> {
    let Credentials::App(app) = &github.settings.credentials else {
        return Ok(Err(NoToken::NotInstalled));
    };
    match github.app_token(app, at, Access::Statuses).await {
        Ok(token) => Ok(Ok(StatusToken { installation: token.installation, text: token.text })),
        Err(TokenError::NotInstalled(_)) => Ok(Err(NoToken::NotInstalled)),
        // A token with a permission that the installation does not have.
        Err(TokenError::Refused(response))
            if response.status() == StatusCode::UNPROCESSABLE_ENTITY =>
        {
            Ok(Err(NoToken::NotPermitted))
        }
        Err(TokenError::Refused(response)) if is_permanent(&response) => {
            Ok(Err(NoToken::NotInstalled))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reports a status of a commit.
///
/// # Errors
/// GitHub does not answer: then nobody knows whether it has the status.
pub async fn create(
    github: &GitHub,
    at: &RepositoryPath,
    commit: &CommitSha,
    status: &NewStatus<'_>,
    token: &StatusToken,
) -> Result<StatusResult> {
    let request = github.settings.api.create_status(at.clone(), commit, status, &token.text);
    let response = github.send(request).await?;
    let result = result_of(&response);
    if !response.status().is_success() {
        let (status, message) = (response.status(), message(&response));
        warn(format_args!("GitHub does not take a commit status of {at}: {status} {message}"));
    }
    if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND) {
        tokens::forget(at, Access::Statuses);
    }
    Ok(result)
}

fn result_of(response: &Response) -> StatusResult {
    let at = now().as_second();
    match (response.status(), error_kind(response, at)) {
        (status, _) if status.is_success() => StatusResult::Created,
        (_, ErrorKind::RateLimited(seconds)) => {
            let until = at.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
            Timestamp::from_second(until).map_or(StatusResult::Failed, StatusResult::Limited)
        }
        (_, ErrorKind::Credentials | ErrorKind::Unavailable) => StatusResult::Failed,
        (StatusCode::FORBIDDEN, _) if lasting_reason(response).is_none() => {
            StatusResult::NotPermitted
        }
        (_, ErrorKind::Permanent(_)) => StatusResult::Refused,
    }
}
