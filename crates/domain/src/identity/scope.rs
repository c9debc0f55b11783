//! Scopes: what a credential may be used for.

#[cfg(feature = "schema")]
use crate::schema::reference;
use crate::{
    field_types::{parse_variant, text_fields},
    text::{InvalidText, display_serde_name},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// A permission that a route requires of the caller's credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Scope {
    /// Reading projects, builds and deployments.
    Read,
    /// Starting, retrying and cancelling builds.
    Build,
    /// Creating, changing and deleting deployments.
    Deploy,
    /// Creating, changing and deleting projects, their members and invitations.
    Projects,
    /// Reading platform-wide counts at `GET /metrics`. Only for administrators.
    Metrics,
    /// Reading what `/api/v1/reconcile` did in detail. Only for administrators.
    Reconcile,
    /// Managing tokens and sessions, and everything that `projects` allows. No API token has this scope, so a token
    /// cannot create another token.
    Account,
}

display_serde_name!(Scope);

/// A scope that an API token can have.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum TokenScope {
    Read,
    Build,
    Deploy,
    Projects,
    /// Only for administrators.
    Metrics,
    /// Only for administrators.
    Reconcile,
}

text_fields! {
    TokenScope, |text| parse_variant(text, "must be read, build, deploy, projects, metrics or reconcile"), reference::<Self>;
}

impl From<TokenScope> for Scope {
    fn from(scope: TokenScope) -> Self {
        match scope {
            TokenScope::Read => Self::Read,
            TokenScope::Build => Self::Build,
            TokenScope::Deploy => Self::Deploy,
            TokenScope::Projects => Self::Projects,
            TokenScope::Metrics => Self::Metrics,
            TokenScope::Reconcile => Self::Reconcile,
        }
    }
}

/// The scopes of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// All scopes, for a person who has signed in.
    pub fn all() -> Self {
        let administrators = [Scope::Metrics, Scope::Reconcile];
        let scopes = [Scope::Read, Scope::Build, Scope::Deploy, Scope::Projects, Scope::Account];
        Self(scopes.into_iter().chain(administrators).collect())
    }

    /// Parses the scopes that a client requests for a credential: separated by spaces (RFC 6749, section
    /// 3.3), such as `build read`.
    ///
    /// # Errors
    /// A scope is unknown, or there is none.
    pub fn parse_subset(text: &str) -> Result<Self, InvalidText> {
        let expected =
            "must name some of read, build, deploy, projects, metrics, reconcile and account";
        let scopes = text.split_whitespace().map(|name| parse_variant(name, expected));
        let scopes: BTreeSet<_> = scopes.collect::<Result<_, _>>()?;
        if scopes.is_empty() { Err(InvalidText(expected)) } else { Ok(Self(scopes)) }
    }

    /// The scopes of an API token: those requested, without [`Scope::Account`].
    pub fn for_api_token(requested: impl IntoIterator<Item = Scope>) -> Self {
        Self(requested.into_iter().filter(|scope| *scope != Scope::Account).collect())
    }

    /// Whether these scopes are sufficient for a route that requires `required`. `build` and `deploy` include
    /// `read`, and `account` includes `projects`.
    pub fn allows(&self, required: Scope) -> bool {
        let included_in: &[Scope] = match required {
            Scope::Read => &[Scope::Build, Scope::Deploy],
            Scope::Projects => &[Scope::Account],
            _ => &[],
        };
        self.0.contains(&required) || included_in.iter().any(|scope| self.0.contains(scope))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(|scope| scope.to_string()).collect();
        f.write_str(&names.join(" "))
    }
}
