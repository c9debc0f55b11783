//! Deployments.

use super::{Client, Received, segment};
use crate::Result;
use jiff::Timestamp;
use serde::Deserialize;

/// A status. A newer platform may have others: they are shown as they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(transparent))]
pub struct DeploymentStatus(pub String);

impl DeploymentStatus {
    pub const PENDING: &str = "pending";
    pub const DEPLOYING: &str = "deploying";
    pub const RUNNING: &str = "running";
    pub const DEGRADED: &str = "degraded";
    pub const FAILED: &str = "failed";
    pub const STOPPED: &str = "stopped";

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_running(&self) -> bool {
        self.0 == Self::RUNNING
    }

    pub fn is_failed(&self) -> bool {
        self.0 == Self::FAILED
    }
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Deployment {
    pub deployment_id: String,
    pub project_id: u64,
    pub service_name: String,
    pub status: DeploymentStatus,
    pub image_name: String,
    pub image_digest: Option<String>,
    pub build_id: Option<String>,
    pub replicas_ready: u32,
    pub replicas_total: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub issues: Vec<Issue>,
    pub access_url: Option<String>,
    /// `yes`, `no` or `unknown`.
    pub reachable: Option<String>,
    pub revision: u32,
    pub release: u32,
    pub automatic: bool,
    pub pods: Vec<Pod>,
    #[serde(default)]
    pub errors: Vec<ObjectFault>,
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl Client {
    pub async fn deployment(&self, id: &str) -> Result<Received<Deployment>> {
        self.get(format!("/api/v1/deployments/{}", segment(id))).receive().await
    }
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Issue {
    pub code: String,
    pub message: String,
    pub action: String,
    pub detail: Option<String>,
    pub object: Option<String>,
    pub temporary: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pod {
    pub name: String,
    pub phase: String,
    pub ready: bool,
    /// It is of the newest revision.
    pub current: bool,
    pub restarts: u32,
    pub reason: Option<String>,
    pub message: Option<String>,
    pub started_at: Option<Timestamp>,
}

/// A fault of a Kubernetes object that the API server has rejected.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ObjectFault {
    pub kind: String,
    pub name: String,
    pub field: Option<String>,
    pub detail: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeploymentCreated {
    pub deployment_id: String,
    pub project_id: u64,
    pub service_name: String,
    pub status: DeploymentStatus,
    pub image_name: String,
    pub access_url: Option<String>,
    pub revision: u32,
    pub error_message: Option<String>,
    #[serde(default)]
    pub errors: Vec<ObjectFault>,
    #[serde(default)]
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeploymentPage {
    pub deployments: Vec<Deployment>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<Deployment>("Deployment");
        contract::response::<DeploymentCreated>("DeploymentCreated");
        contract::response::<DeploymentPage>("DeploymentPage");
    }
}
