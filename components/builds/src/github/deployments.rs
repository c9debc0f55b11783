//! Reports GitHub Deployments.

use super::{
    client::{GitHub, parsed},
    reports::{ReportResult, ReportToken, send_report},
};
use nokube_edge::Result;
use nokube_github::{
    api::{NewDeployment, NewDeploymentStatus, RepositoryPath},
    responses::{created_deployment, described_deployment},
};

/// Creates a deployment of a commit.
///
/// # Errors
/// GitHub does not answer: then nobody knows whether it has the deployment.
pub async fn create_deployment(
    github: &GitHub,
    at: &RepositoryPath,
    deployment: &NewDeployment<'_>,
    token: &ReportToken,
) -> Result<ReportResult> {
    let request = github.settings.api.create_deployment(at.clone(), deployment, &token.text);
    Ok(match send_report(github, at, token, request, "a deployment").await? {
        Ok(response) => {
            ReportResult::Accepted(Some(parsed(&response, created_deployment(&response))?))
        }
        Err(result) => result,
    })
}

/// The number of a deployment that was perhaps created, found by its description.
///
/// # Errors
/// GitHub does not say.
pub async fn find_deployment(
    github: &GitHub,
    at: &RepositoryPath,
    deployment: &NewDeployment<'_>,
    token: &ReportToken,
) -> Result<Option<u64>> {
    let NewDeployment { commit, environment, description } = deployment;
    let request = github.settings.api.deployments(at.clone(), commit, environment, &token.text);
    let response = github.send(request).await?;
    parsed(&response, described_deployment(&response, description))
}

/// Reports the state of the deployment with this number.
///
/// # Errors
/// GitHub does not answer: then nobody knows whether it has the state.
pub async fn report_deployment_state(
    github: &GitHub,
    at: &RepositoryPath,
    deployment: u64,
    status: &NewDeploymentStatus<'_>,
    token: &ReportToken,
) -> Result<ReportResult> {
    let api = &github.settings.api;
    let request = api.create_deployment_status(at.clone(), deployment, status, &token.text);
    Ok(match send_report(github, at, token, request, "the state of a deployment").await? {
        Ok(_) => ReportResult::Accepted(None),
        Err(result) => result,
    })
}
