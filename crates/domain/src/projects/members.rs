//! A project's members and their roles.

use crate::{Person, Role, fields::Fields, name::Username, problem::Problem};
use serde::{Deserialize, Serialize};

/// The stored members of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    pub owner: Person,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Member>,
    /// Incremented by every change. Of two concurrent changes, only one succeeds.
    #[serde(default)]
    pub version: u32,
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
}

/// Members that a project may have in addition to its owner.
pub const MAX_MEMBERS: usize = 50;

impl Members {
    /// The members of a new project: the owner alone.
    pub fn new(owner: Person) -> Self {
        Self { owner, others: Vec::new(), version: 0 }
    }
}

/// Parses the role requested for a member. It cannot be `owner`: a project's owner never changes.
///
/// # Errors
/// All invalid fields at once.
pub fn parse_role(mut fields: Fields) -> Result<Role, Problem> {
    let role = fields.string("role");
    let role = fields.require("role", role);
    let role = fields.parse("role", role, |text| match text {
        "viewer" => Ok(Role::Viewer),
        "developer" => Ok(Role::Developer),
        "owner" => Err("a project has one owner, who cannot change: names in the cluster and registry contain the owner's"),
        _ => Err("must be viewer or developer"),
    });
    fields.finish()?;
    role.ok_or_else(|| Problem::invalid_field("role", "is required"))
}
