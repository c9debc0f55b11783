//! The platform itself, and what it knows of repositories.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Readiness {
    pub ready: bool,
    /// The platform has accepted the caller as an operator, and the checks have details.
    pub in_full: bool,
    pub checks: Vec<ReadinessCheck>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReadinessCheck {
    pub name: String,
    pub ok: bool,
    pub detail: String,
}

/// Repositories on which the GitHub App is installed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RepositoryList {
    pub repositories: Vec<Repository>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Repository {
    pub repository_url: String,
}

/// The Kubernetes events of a deployment.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClusterEvents {
    pub events: Vec<ClusterEvent>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClusterEvent {
    pub at: Option<jiff::Timestamp>,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: String,
    pub reason: String,
    pub message: String,
    pub object: String,
    pub count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<Readiness>("Readiness");
        contract::response::<RepositoryList>("RepositoryList");
        contract::response::<ClusterEvents>("ClusterEvents");
    }
}
