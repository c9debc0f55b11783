//! Reports commit statuses.

use super::{
    client::GitHub,
    reports::{ReportResult, ReportToken, send_report},
};
use nokube_domain::repository::CommitSha;
use nokube_edge::Result;
use nokube_github::api::{NewStatus, RepositoryPath};

/// Reports a status of a commit.
///
/// # Errors
/// GitHub does not answer: then nobody knows whether it has the status.
pub async fn create(
    github: &GitHub,
    at: &RepositoryPath,
    commit: &CommitSha,
    status: &NewStatus<'_>,
    token: &ReportToken,
) -> Result<ReportResult> {
    let request = github.settings.api.create_status(at.clone(), commit, status, &token.text);
    let sent = send_report(github, at, token, request, "a commit status").await?;
    Ok(match sent {
        Ok(_) => ReportResult::Accepted(None),
        Err(result) => result,
    })
}
