//! Who the caller is and what they may do: the authorization decisions for every route.

use crate::{
    allowlist::GitHubMembership,
    name::Login,
    problem::{Problem, ProblemKind, Reason},
    projects::Members,
    scope::{Scope, Scopes},
    text::display_serde_name,
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A person, identified by an issuer and the permanent subject that the issuer assigned. The same
/// subject at another issuer is another person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Person {
    pub issuer: String,
    pub subject: String,
}

impl Person {
    /// The person's part of storage keys: 32 hexadecimal digits. A hash, because issuer and subject may
    /// contain any character.
    pub fn key(&self) -> String {
        // The length prefix makes ("a", "bc") and ("ab", "c") hash differently.
        let mut hash = Sha256::new_with_prefix((self.issuer.len() as u64).to_be_bytes());
        hash.update(&self.issuer);
        hash.update(&self.subject);
        HEXLOWER.encode(hash.finalize().get(..16).unwrap_or_default())
    }
}

/// Normalizes an issuer for comparison: one URL has many spellings.
pub fn normalize_issuer(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
        Err(_) => text.to_owned(),
    }
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub person: Person,
    pub login: Login,
}

/// A role in a project: viewers read, developers also build and deploy, the owner may do everything.
/// The order of the variants matters: each role includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Role {
    Viewer,
    Developer,
    Owner,
}

display_serde_name!(Role);

/// How the caller is known at GitHub. Used to check whether they may read a private repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GitHubIdentity {
    /// Not at all: the issuer's logins are not GitHub's.
    #[serde(rename = "nobody")]
    Unknown,
    /// By login: the issuer has verified that this GitHub login is theirs.
    Login,
    /// By account number: they signed in at GitHub. Unlike a login, the number never changes hands.
    Account(u64),
}

/// How the caller authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// A JWT of an external issuer.
    Issuer,
    /// The session cookie.
    Session,
    /// A short-lived bearer token issued by the platform.
    Bearer,
    /// An API token, with its name.
    Token(String),
}

impl AuthMethod {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Session => "session",
            Self::Bearer => "bearer",
            Self::Token(_) => "token",
        }
    }
}

/// The caller's credential: everything but their identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub auth_method: AuthMethod,
    pub scopes: Scopes,
    pub github_identity: GitHubIdentity,
    pub is_administrator: bool,
    /// Unix time in seconds.
    pub expires_at: i64,
    /// What GitHub reported at sign-in; absent for credentials without a GitHub sign-in.
    pub github_membership: Option<GitHubMembership>,
}

/// Who may call a route; declared with the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPolicy {
    /// Anybody, without authentication.
    Public,
    /// GitHub, authenticated by its signature over the body.
    Signature,
    /// A signed-in browser, authenticated by the refresh cookie.
    SessionRenewal,
    /// Any authenticated caller, whatever the scopes of their credential. The route concerns only the credential itself.
    Authenticated,
    /// Any authenticated caller whose credential has this scope. The response holds only their own data.
    SignedIn(Scope),
    /// A caller with at least this role in the project and a credential with this scope.
    Role(Role, Scope),
    /// A caller with at least this role in the project, or an administrator; either signed in themselves.
    RoleOrAdministrator(Role),
    /// An administrator whose credential has this scope.
    Administrator(Scope),
}

impl AccessPolicy {
    /// Whether the caller is a person who is known by a credential.
    pub fn identifies_caller(self) -> bool {
        !matches!(self, Self::Public | Self::Signature | Self::SessionRenewal)
    }

    /// Whether to check that no administrator has blocked the caller. Reads within a project skip this
    /// check, because a poll must not cost another storage read (ADR 13).
    pub fn checks_blocklist(self, is_read_only: bool) -> bool {
        !(is_read_only && matches!(self, Self::Role(..)))
    }
}

/// The caller's role in a project, if they have one.
pub fn find_role(caller: &Caller, members: &Members) -> Option<Role> {
    if members.owner == caller.person {
        return Some(Role::Owner);
    }
    members.others.iter().find(|other| other.person == caller.person).map(|other| other.role)
}

/// Checks whether the caller's credential is sufficient for a route. This runs before any object is
/// read, so its result reveals nothing about one.
///
/// # Errors
/// 403, with what the credential lacks.
pub fn authorize_credential(credential: &Credential, policy: AccessPolicy) -> Result<(), Problem> {
    let required = match policy {
        AccessPolicy::Public
        | AccessPolicy::Signature
        | AccessPolicy::SessionRenewal
        | AccessPolicy::Authenticated => return Ok(()),
        AccessPolicy::SignedIn(scope)
        | AccessPolicy::Role(_, scope)
        | AccessPolicy::Administrator(scope) => scope,
        AccessPolicy::RoleOrAdministrator(_) => Scope::Account,
    };
    if !credential.scopes.allows(required) {
        let detail = match required {
            Scope::Account => {
                "API tokens, and tokens with limited scopes, cannot do this. Sign in instead."
                    .to_owned()
            }
            scope => format!("This needs a token with the scope '{scope}'."),
        };
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    if matches!(policy, AccessPolicy::Administrator(_)) && !credential.is_administrator {
        let detail = "This is for the platform's administrators.";
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    Ok(())
}

/// Checks that the caller may give somebody this role with their credential. Otherwise a token for projects alone could
/// read, build and deploy through another person.
///
/// # Errors
/// 403, with what the credential lacks.
pub fn authorize_role_assignment(credential: &Credential, role: Role) -> Result<(), Problem> {
    let (needed, scopes, actions): (&[Scope], _, _) = match role {
        Role::Viewer => (&[Scope::Read], "'projects' and 'read'", "reading"),
        Role::Developer | Role::Owner => (
            &[Scope::Build, Scope::Deploy],
            "'projects', 'build' and 'deploy'",
            "building and deploying",
        ),
    };
    let has = |scope: &Scope| credential.scopes.allows(*scope);
    if has(&Scope::Account) || needed.iter().all(has) {
        return Ok(());
    }
    let detail = format!(
        "This needs a token with the scopes {scopes}, because the role {role} includes {actions}."
    );
    Err(Problem::new(ProblemKind::Forbidden, detail))
}

/// Checks that the caller has at least the role `required` in the project with these `members` (`None`
/// when there is no such project). `what` names the requested object in the error.
///
/// # Errors
/// 404 without any role, the same as for a project that does not exist. 403 with too low a role.
pub fn authorize_role(
    caller: &Caller,
    members: Option<&Members>,
    required: Role,
    what: &str,
) -> Result<Role, Problem> {
    let role = members.and_then(|members| find_role(caller, members));
    match role {
        None => Err(Problem::not_found(what)),
        Some(role) if role < required => {
            let detail = format!("This needs another role in the project; yours is {role}.");
            Err(Problem::new(ProblemKind::Forbidden, detail).with_reason(Reason::RoleTooSmall))
        }
        Some(role) => Ok(role),
    }
}
