//! A project's members and their roles.

use super::Invitation;
#[cfg(feature = "schema")]
use crate::schema::reference;
use crate::{
    Person, Role, UnknownFields,
    field_types::{parse_variant, text_fields},
    name::Username,
    request,
    text::InvalidText,
};
use serde::{Deserialize, Serialize};

/// The stored members of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    pub owner: Person,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Member>,
    /// Those who are asked to become members. Until they accept, they have no role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invitations: Vec<Invitation>,
    /// Incremented by every change. Of two concurrent changes, only one succeeds.
    #[serde(default)]
    pub version: u32,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// A member who is not the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub person: Person,
    /// The member's username on this platform, which never changes.
    pub username: Username,
    pub role: Role,
    /// The number of this membership in the member's own list of memberships.
    pub number: u32,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// Members that a project may have in addition to its owner. Open invitations count.
pub const MAX_MEMBERS: usize = 50;

impl Members {
    /// The members of a new project: the owner alone.
    pub fn new(owner: Person) -> Self {
        let (others, invitations) = (Vec::new(), Vec::new());
        Self { owner, others, invitations, version: 0, unknown_fields: UnknownFields::default() }
    }
}

request! {
    /// The role of a member in a project.
    pub struct MemberRole {
        role: MemberRoleName, required;
    }
}

/// A role that can be assigned: viewers can read, developers can also build and deploy.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum MemberRoleName {
    Viewer,
    Developer,
}

text_fields! { MemberRoleName, parse_role, reference::<Self>; }

fn parse_role(text: &str) -> Result<MemberRoleName, InvalidText> {
    match text {
        "owner" => Err(InvalidText(
            "a project has one owner, who cannot change: names in the cluster and registry contain the owner's",
        )),
        text => parse_variant(text, "must be viewer or developer"),
    }
}

impl From<MemberRoleName> for Role {
    fn from(role: MemberRoleName) -> Self {
        match role {
            MemberRoleName::Viewer => Self::Viewer,
            MemberRoleName::Developer => Self::Developer,
        }
    }
}
