//! Builds.

use jiff::Timestamp;
use serde::Deserialize;

/// A status. A newer platform may have others: they are shown as they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(transparent))]
pub struct BuildStatus(pub String);

impl BuildStatus {
    pub const PENDING: &str = "pending";
    pub const BUILDING: &str = "building";
    pub const SUCCESS: &str = "success";
    pub const FAILED: &str = "failed";
    pub const CANCELLED: &str = "cancelled";

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_success(&self) -> bool {
        self.0 == Self::SUCCESS
    }

    pub fn is_ended(&self) -> bool {
        [Self::SUCCESS, Self::FAILED, Self::CANCELLED].contains(&self.as_str())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Build {
    pub build_id: String,
    pub project_id: u64,
    pub service_name: String,
    pub status: BuildStatus,
    pub image_full_name: String,
    pub image_digest: Option<String>,
    pub repository: String,
    pub branch: String,
    pub commit_sha: String,
    pub commit: Option<Commit>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// In seconds.
    pub duration: Option<i64>,
    pub attempt: u32,
    pub limited_until: Option<Timestamp>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub pull_request: Option<u64>,
    pub waiting_for_capacity: bool,
    pub superseded: bool,
    #[serde(default)]
    pub warnings: Vec<BuildWarning>,
    #[serde(default)]
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Commit {
    pub sha: String,
    pub subject: String,
    pub author: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BuildWarning {
    pub code: String,
    pub message: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Step {
    pub number: u32,
    pub name: String,
    pub status: String,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BuildCreated {
    pub build_id: String,
    pub project_id: u64,
    pub status: BuildStatus,
    pub image_full_name: String,
    pub error_message: Option<String>,
}

/// A page of builds. `next` is the value of the next page's parameter `next`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BuildPage {
    pub builds: Vec<Build>,
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<Build>("Build");
        contract::response::<BuildCreated>("BuildCreated");
        contract::response::<BuildPage>("BuildPage");
        contract::response::<BuildPage>("BuildCursorPage");
    }
}
