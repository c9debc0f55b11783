//! Previews of pull requests.

use super::builds::Commit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviewList {
    pub previews: Vec<Preview>,
    /// The account's owner has not accepted the App's permission to read pull requests.
    pub waiting_for_approval: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Preview {
    pub pull_request: u64,
    pub title: String,
    pub author: Option<String>,
    pub head_branch: String,
    pub base_branch: String,
    pub is_fork: bool,
    pub pull_request_url: String,
    pub commit: Option<Commit>,
    /// A newer platform may have others.
    pub state: String,
    /// Why there is none, if there is none.
    pub problem: Option<String>,
    pub build_id: Option<String>,
    pub url: Option<String>,
    pub ends_at: Option<Timestamp>,
}

/// The commit of a pull request from a fork that somebody has read.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewApproval {
    pub commit_sha: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<PreviewList>("PreviewList");
        contract::request::<NewApproval>("NewApproval");
    }
}
