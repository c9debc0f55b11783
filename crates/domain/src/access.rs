//! Who is calling, and may they: one decision for every route.

use crate::{
    name::Username,
    problem::{Problem, ProblemKind, Reason},
    project::Members,
    scope::{Scope, Scopes},
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A person: who says so, and the name that never changes there. Two issuers can never mean the
/// same person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

/// An issuer's name for comparing it with others: of a URL there are many spellings.
pub fn issuer_name(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
        Err(_) => text.to_owned(),
    }
}

/// A caller whose identity has been proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub person: Person,
    pub login: Username,
}

/// What somebody is in a project: viewers look, developers build and deploy, the owner decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Role {
    Viewer,
    Developer,
    Owner,
}

/// What GitHub knows of a caller: it is asked whether they may read a private repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtGitHub {
    /// Nothing: their issuer's names are its own.
    Nobody,
    /// The issuer has checked that the login is theirs.
    Login,
    /// They have signed in there, as the account with this number. A login can change hands.
    Account(u64),
}

/// By what a caller has proven who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// A token that an outside issuer signed.
    Issuer,
    /// The session's cookie.
    Session,
    /// A short-lived token of ours.
    Bearer,
    /// An API token, by its name.
    Token(String),
}

impl Via {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Session => "session",
            Self::Bearer => "bearer",
            Self::Token(_) => "token",
        }
    }
}

/// What the caller's credential says besides who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub via: Via,
    pub scopes: Scopes,
    pub at_github: AtGitHub,
    pub administrator: bool,
    /// Seconds since 1970 at which the credential ends.
    pub ends: i64,
    /// What GitHub said at the sign-in, for a credential that goes back to one.
    pub standing: Option<crate::admission::Standing>,
}

/// What a route asks of its caller; declared with the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Anybody, without a sign-in.
    Public,
    /// GitHub, proven by its signature over the body.
    Signature,
    /// A browser that has signed in, proven by the cookie that only renews sessions.
    Renewal,
    /// Any signed-in caller whose credential is good for this; what is returned is theirs alone.
    SignedIn(Scope),
    /// At least this role in the project that the request is about, and a credential that is good
    /// for this.
    Role(Role, Scope),
    /// As [`Self::Role`]; administrators too.
    RoleOrAdministrator(Role),
    /// An administrator, whose credential is good for this.
    Administrator(Scope),
}

impl Demand {
    /// Is it looked at whether an administrator has blocked the caller? Everywhere but where a project
    /// is only looked at: a poll may cost no more reads (ADR 13).
    pub fn minds_blocks(self, only_reads: bool) -> bool {
        !(only_reads && matches!(self, Self::Role(..)))
    }
}

/// The caller's role in a project, if any.
pub fn role(caller: &Caller, members: &Members) -> Option<Role> {
    if members.owner == caller.person {
        return Some(Role::Owner);
    }
    members.others.iter().find(|other| other.person == caller.person).map(|other| other.role)
}

/// Is the caller's credential good for what a route demands? Decided before any object is looked at,
/// so it tells nothing of one.
///
/// # Errors
/// 403 with what the credential lacks.
pub fn admit(proof: &Proof, demand: Demand) -> Result<(), Problem> {
    let needed = match demand {
        Demand::Public | Demand::Signature | Demand::Renewal => return Ok(()),
        Demand::SignedIn(scope) | Demand::Role(_, scope) | Demand::Administrator(scope) => scope,
        Demand::RoleOrAdministrator(_) => Scope::Account,
    };
    if !proof.scopes.allow(needed) {
        let detail = match needed {
            Scope::Account => {
                "Tokens for machines, or for less than everything, cannot do this. Sign in instead."
                    .to_owned()
            }
            scope => format!("This needs a token with the scope '{scope}'."),
        };
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    if matches!(demand, Demand::Administrator(_)) && !proof.administrator {
        let detail = "This is for the platform's administrators.";
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    Ok(())
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
        Some(role) if role < demand => {
            let detail = format!("This needs another role in the project; yours is {role:?}.");
            Err(Problem::new(ProblemKind::Forbidden, detail.to_lowercase())
                .because(Reason::RoleTooSmall))
        }
        Some(role) => Ok(role),
    }
}
