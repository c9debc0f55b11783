//! The releases of a deployment, and what is saved to deploy a service with.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Revisions {
    pub revisions: Vec<Revision>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Revision {
    pub revision: u32,
    pub by: String,
    pub created_at: Timestamp,
    /// It is the release that is deployed.
    pub current: bool,
    pub automatic: bool,
    pub promoted_from: Option<PromotedFrom>,
    pub image_name: String,
    pub image_digest: Option<String>,
    pub build_id: Option<String>,
    /// A request that reproduces the release. Secrets have no values.
    pub configuration: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PromotedFrom {
    pub project_id: u64,
    pub deployment_id: String,
    pub revision: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SavedConfiguration {
    pub configuration: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SavedSecrets {
    pub names: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<Revisions>("Revisions");
        contract::response::<SavedConfiguration>("SavedConfiguration");
        contract::response::<SavedSecrets>("SavedSecrets");
    }
}
