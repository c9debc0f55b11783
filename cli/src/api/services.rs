//! Services: what is saved of them, and what was built and deployed.

use super::builds::{BuildStatus, Commit};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Service {
    pub project_id: u64,
    pub name: String,
    pub source: Option<ServiceSource>,
    pub build_on_push: bool,
    pub watch_paths: Vec<String>,
    pub deploy_on_build: bool,
    /// `off`, `build` or `deploy`.
    pub previews: String,
    /// `None`: builds on push are off.
    pub automatic_builds: Option<AutomaticBuilds>,
    /// `None`: deploy on build is off.
    pub automatic_deployments: Option<AutomaticDeployments>,
    pub last_build: Option<LastBuild>,
    pub deployment_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServiceSource {
    pub repository_url: String,
    pub branch: Option<String>,
    pub context: String,
    pub has_dockerfile: bool,
    pub dockerfile_path: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AutomaticBuilds {
    /// The person in whose name a push builds.
    pub enabled_by: String,
    pub confirmed_until: Timestamp,
    /// Why a push builds nothing.
    pub problem: Option<String>,
    pub commit_statuses: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AutomaticDeployments {
    /// `active`, `paused`, `not_configured`, `other_image` or `deleted`.
    pub state: String,
    pub problem: Option<AutomaticDeploymentProblem>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AutomaticDeploymentProblem {
    pub message: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LastBuild {
    pub build_id: String,
    pub status: BuildStatus,
    pub branch: String,
    pub commit_sha: String,
    pub commit: Option<Commit>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServicePage {
    pub services: Vec<Service>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<Service>("Service");
        contract::response::<ServicePage>("ServicePage");
    }
}
