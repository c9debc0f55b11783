//! Deployments and their statuses.

use serde_json::{Value, json};

use super::user::simple_user;
use super::{Links, node_id, time};
use crate::github::model::deployments::{Deployment, DeploymentStatus};
use crate::github::model::repositories::Repository;

/// The API address of a deployment.
fn url(links: &Links, repository: &Repository, id: u64) -> String {
    format!("{}/deployments/{id}", links.repo(&repository.full_name()))
}

/// `deployment`
pub fn deployment(links: &Links, repository: &Repository, deployment: &Deployment) -> Value {
    let url = url(links, repository, deployment.id);
    let updated_at =
        deployment.statuses.last().map_or(deployment.created_at, |last| last.created_at);
    json!({
        "url": url, "id": deployment.id, "node_id": node_id("DE", deployment.id),
        "sha": deployment.sha, "ref": deployment.reference, "task": deployment.task,
        "payload": deployment.payload, "original_environment": deployment.environment,
        "environment": deployment.environment, "description": deployment.description,
        "creator": simple_user(links, &deployment.creator),
        "created_at": time(deployment.created_at), "updated_at": time(updated_at),
        "statuses_url": format!("{url}/statuses"),
        "repository_url": links.repo(&repository.full_name()),
        "transient_environment": deployment.is_transient,
        "production_environment": deployment.is_production,
    })
}

/// `deployment-status`
pub fn status(
    links: &Links,
    repository: &Repository,
    deployment: u64,
    status: &DeploymentStatus,
) -> Value {
    let deployment_url = url(links, repository, deployment);
    let (log_url, environment_url) = (text(&status.log_url), text(&status.environment_url));
    json!({
        "url": format!("{deployment_url}/statuses/{}", status.id), "id": status.id,
        "node_id": node_id("DES", status.id), "state": status.state,
        "creator": simple_user(links, &status.creator), "description": status.description,
        "environment": status.environment, "target_url": log_url, "log_url": log_url,
        "environment_url": environment_url,
        "created_at": time(status.created_at), "updated_at": time(status.created_at),
        "deployment_url": deployment_url,
        "repository_url": links.repo(&repository.full_name()),
    })
}

fn text(url: &Option<String>) -> &str {
    url.as_deref().unwrap_or_default()
}
