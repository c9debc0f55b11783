//! Projects, their members, and invitations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Project {
    pub id: u64,
    pub name: String,
    pub owner: String,
    pub description: Option<String>,
    /// The caller's role: `owner`, `developer` or `viewer`.
    pub role: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProjectPage {
    pub projects: Vec<Project>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewProject {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Members {
    pub members: Vec<Member>,
    pub invitations: Vec<Invitation>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Member {
    pub username: String,
    pub role: String,
    /// For who did not sign in with the platform's GitHub.
    pub issuer: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Invitation {
    pub username: String,
    pub role: String,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MemberRole {
    pub role: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReceivedInvitations {
    pub invitations: Vec<ReceivedInvitation>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReceivedInvitation {
    pub project_id: u64,
    pub project_name: String,
    pub owner: String,
    pub role: String,
    pub invited_by: String,
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<ProjectPage>("ProjectPage");
        contract::response::<Members>("Members");
        contract::response::<ReceivedInvitations>("ReceivedInvitations");
        contract::request::<NewProject>("NewProject");
        contract::request::<MemberRole>("MemberRole");
    }
}
