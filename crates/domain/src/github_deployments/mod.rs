//! GitHub Deployments: where a commit is deployed, and what has become of it there, as GitHub shows it.
//!
//! What GitHub should have follows from the newest revision of a deployment, its outcome and the last observation
//! ([`WantedDeployment`]). What it has is noted in a record, from which the next thing to send follows
//! ([`GitHubDeploymentRecord`]).

mod record;
mod wanted;

pub use record::{Action, GitHubDeploymentRecord, Send};
pub use wanted::{Phase, ReportedRelease, WantedDeployment, is_reportable};

use crate::name::{ProjectName, ServiceName};
use serde::{Deserialize, Serialize};

/// GitHub's state of a deployment, as far as it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    InProgress,
    Failure,
    Success,
    /// It was replaced, stopped or deleted.
    Inactive,
}

impl DeploymentState {
    /// A sentence about it.
    pub fn description(self) -> &'static str {
        match self {
            Self::InProgress => "Deploying",
            Self::Failure => "Its pods do not run",
            Self::Success => "Running",
            Self::Inactive => "No longer deployed",
        }
    }
}

/// Where something is deployed, as GitHub lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    name: String,
    is_production: bool,
}

impl Environment {
    pub fn of_service(project: &ProjectName, service: &ServiceName) -> Self {
        Self { name: format!("{project}/{service}"), is_production: true }
    }

    /// That of the preview of a pull request. It ceases to exist.
    pub fn of_preview(project: &ProjectName, service: &ServiceName, pull_request: u32) -> Self {
        Self { name: format!("{project}/{service}/pr-{pull_request}"), is_production: false }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the service itself. Otherwise it is a preview.
    pub fn is_production(&self) -> bool {
        self.is_production
    }
}
