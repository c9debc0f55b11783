//! GitHub Deployments: at a commit, where it is deployed.

use super::{Api, RepositoryPath, encode};
use crate::Request;
use http::Method;
use nokube_domain::{
    github_deployments::{DeploymentState, Environment},
    repository::CommitSha,
};
use serde_json::json;

/// A deployment of a commit.
///
/// <https://docs.github.com/en/rest/deployments/deployments#create-a-deployment>
#[derive(Clone, Debug)]
pub struct NewDeployment<'a> {
    pub commit: &'a CommitSha,
    pub environment: &'a Environment,
    /// A sentence; GitHub takes at most 140 characters.
    pub description: &'a str,
}

/// What has become of a deployment.
///
/// <https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status>
#[derive(Clone, Debug)]
pub struct NewDeploymentStatus<'a> {
    pub state: DeploymentState,
    /// A sentence; GitHub takes at most 140 characters.
    pub description: &'a str,
    /// Where the deployment can be visited.
    pub environment_url: Option<&'a str>,
    /// The page that says more.
    pub log_url: Option<&'a str>,
}

impl Api {
    /// Creates a deployment. GitHub creates it whatever other checks say of the commit, and merges nothing.
    pub fn create_deployment(
        &self,
        at: impl Into<RepositoryPath>,
        deployment: &NewDeployment<'_>,
        token: &str,
    ) -> Request {
        let NewDeployment { commit, environment, description } = deployment;
        let is_production = environment.is_production();
        let body = json!({
            "ref": commit,
            "environment": environment.name(),
            "description": description,
            "auto_merge": false,
            "required_contexts": [],
            "production_environment": is_production,
            "transient_environment": !is_production,
        });
        self.request(Method::POST, &format!("{}/deployments", at.into()), token, Some(body))
    }

    /// The newest deployments of a commit in an environment.
    pub fn deployments(
        &self,
        at: impl Into<RepositoryPath>,
        commit: &CommitSha,
        environment: &Environment,
        token: &str,
    ) -> Request {
        let environment = encode(environment.name());
        let query = format!("sha={commit}&environment={environment}&per_page=100");
        self.get(&format!("{}/deployments?{query}", at.into()), token)
    }

    /// Reports the state of a deployment. Those of the same environment stay as they are.
    pub fn create_deployment_status(
        &self,
        at: impl Into<RepositoryPath>,
        deployment: u64,
        status: &NewDeploymentStatus<'_>,
        token: &str,
    ) -> Request {
        let mut body = json!({
            "state": status.state,
            "description": status.description,
            "auto_inactive": false,
        });
        let urls = [("environment_url", status.environment_url), ("log_url", status.log_url)];
        for (name, url) in urls {
            // GitHub takes no null here.
            if let (Some(url), Some(fields)) = (url, body.as_object_mut()) {
                fields.insert(name.into(), url.into());
            }
        }
        let path = format!("{}/deployments/{deployment}/statuses", at.into());
        self.request(Method::POST, &path, token, Some(body))
    }
}
