//! What commit statuses and GitHub Deployments have in common: the token for them, and what GitHub's response means.

use super::{
    client::GitHub,
    installation::is_permanent,
    tokens::{self, Access, TokenError},
};
use crate::settings::Credentials;
use http::StatusCode;
use nokube_domain::Timestamp;
use nokube_edge::{Result, now, warn};
use nokube_github::{
    Request, Response,
    api::RepositoryPath,
    error::{ErrorKind, error_kind, lasting_reason, message},
};

/// A token with which something is reported in one repository.
pub struct ReportToken {
    pub installation: u64,
    pub text: String,
    access: Access,
}

/// Why nothing can be reported in a repository.
pub enum NoToken {
    /// The App is not installed there, or the platform has a token in place of an App.
    NotInstalled,
    /// The account of the installation has not granted it.
    NotPermitted,
}

/// GitHub's response to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportResult {
    /// With GitHub's number of what was created, if that is used.
    Accepted(Option<u64>),
    /// The account of the installation has not granted it.
    NotPermitted,
    /// GitHub does not take it, and will not later: for example the commit is gone.
    Refused,
    /// GitHub takes no more until then.
    Limited(Timestamp),
    /// It may succeed later.
    Failed,
}

/// Gets the token for reports in a repository.
///
/// # Errors
/// GitHub does not answer, or limits requests.
pub async fn report_token(
    github: &GitHub,
    at: &RepositoryPath,
    access: Access,
) -> Result<std::result::Result<ReportToken, NoToken>> {
    let Credentials::App(app) = &github.settings.credentials else {
        return Ok(Err(NoToken::NotInstalled));
    };
    match github.app_token(app, at, access).await {
        Ok(token) => {
            Ok(Ok(ReportToken { installation: token.installation, text: token.text, access }))
        }
        Err(TokenError::NotInstalled(_)) => Ok(Err(NoToken::NotInstalled)),
        Err(TokenError::Refused(response)) if asks_for_too_much(&response) => {
            Ok(Err(NoToken::NotPermitted))
        }
        Err(TokenError::Refused(response)) if is_permanent(&response) => {
            Ok(Err(NoToken::NotInstalled))
        }
        Err(error) => Err(error.into()),
    }
}

/// Sends a report, and returns the response to one that GitHub takes; otherwise what the response means. `what` is for
/// the log.
///
/// # Errors
/// GitHub does not answer: then nobody knows whether it has the report.
pub async fn send_report(
    github: &GitHub,
    at: &RepositoryPath,
    token: &ReportToken,
    request: Request,
    what: &str,
) -> Result<std::result::Result<Response, ReportResult>> {
    let response = github.send(request).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(Ok(response));
    }
    warn(format_args!("GitHub does not take {what} of {at}: {status} {}", message(&response)));
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND) {
        tokens::forget(at, token.access);
    }
    Ok(Err(failure(&response)))
}

/// Whether GitHub issues no token because the installation does not have one of its permissions.
pub fn asks_for_too_much(response: &Response) -> bool {
    response.status() == StatusCode::UNPROCESSABLE_ENTITY
}

/// Whether GitHub refuses a request because the token lacks a permission.
pub fn lacks_permission(response: &Response) -> bool {
    response.status() == StatusCode::FORBIDDEN
        && is_permanent(response)
        && lasting_reason(response).is_none()
}

fn failure(response: &Response) -> ReportResult {
    let at = now().as_second();
    match error_kind(response, at) {
        ErrorKind::RateLimited(seconds) => {
            let until = at.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
            Timestamp::from_second(until).map_or(ReportResult::Failed, ReportResult::Limited)
        }
        ErrorKind::Credentials | ErrorKind::Unavailable => ReportResult::Failed,
        ErrorKind::Permanent(_) if lacks_permission(response) => ReportResult::NotPermitted,
        ErrorKind::Permanent(_) => ReportResult::Refused,
    }
}
