//! Who is calling, and may they: one decision for every route.

use crate::{
    name::Username,
    problem::{Problem, ProblemKind},
    project::Members,
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A person: who says so, and the name that never changes there. Two issuers can never mean the
/// same person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    pub issuer: String,
    pub subject: String,
}

impl Person {
    /// A name for keys in storage: a hash, because issuer and subject may hold any character.
    pub fn key(&self) -> String {
        // The length keeps ("a", "bc") and ("ab", "c") apart.
        let mut hash = Sha256::new_with_prefix((self.issuer.len() as u64).to_be_bytes());
        hash.update(&self.issuer);
        hash.update(&self.subject);
        HEXLOWER.encode(hash.finalize().get(..16).unwrap_or_default())
    }
}

/// A caller whose identity has been proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub person: Person,
    pub login: Username,
}

/// What somebody is in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Developer,
    Owner,
}

/// What a route asks of its caller; declared with the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Anybody, without a sign-in.
    Public,
    /// GitHub, proven by its signature over the body.
    Signature,
    /// Any signed-in caller; what is returned is theirs alone.
    SignedIn,
    /// At least this role in the project that the request is about.
    Role(Role),
}

/// The caller's role in a project, if any.
pub fn role(caller: &Caller, members: &Members) -> Option<Role> {
    (members.owner == caller.person).then_some(Role::Owner)
}

/// May `caller` do what demands `demand` in the project of `members` (absent when there is none)?
///
/// # Errors
/// Without any role: the same 404 as for something that does not exist. With too small a role: 403.
pub fn decide(
    caller: &Caller,
    members: Option<&Members>,
    demand: Role,
    what: &str,
) -> Result<Role, Problem> {
    let role = members.and_then(|members| role(caller, members));
    match role {
        None => Err(Problem::not_found(what)),
        Some(role) if role < demand => Err(Problem::new(
            ProblemKind::Forbidden,
            format!("This needs another role in the project; yours is {role:?}.").to_lowercase(),
        )),
        Some(role) => Ok(role),
    }
}
