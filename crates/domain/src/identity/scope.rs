//! Scopes: what a credential may be used for.

use crate::text::InvalidText;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

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
    /// Reading platform-wide counts at `GET /metrics`. Only for administrators.
    Metrics,
    /// Managing projects, members, tokens and sessions. No API token has this scope, so a token cannot
    /// create another token.
    Account,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Build => "build",
            Self::Deploy => "deploy",
            Self::Metrics => "metrics",
            Self::Account => "account",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        match text {
            "read" => Ok(Self::Read),
            "build" => Ok(Self::Build),
            "deploy" => Ok(Self::Deploy),
            "metrics" => Ok(Self::Metrics),
            _ => Err(InvalidText("must be read, build, deploy or metrics")),
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
        Self([Scope::Read, Scope::Build, Scope::Deploy, Scope::Metrics, Scope::Account].into())
    }

    /// Parses the scopes that a client requests for a credential: separated by spaces (RFC 6749, section
    /// 3.3), such as `build read`.
    ///
    /// # Errors
    /// A scope is unknown, or there is none.
    pub fn parse_subset(text: &str) -> Result<Self, InvalidText> {
        let scopes = text.split_whitespace().map(|name| match name {
            "account" => Ok(Scope::Account),
            name => name.parse(),
        });
        let scopes: BTreeSet<_> = scopes.collect::<Result<_, _>>().unwrap_or_default();
        if scopes.is_empty() {
            return Err(InvalidText("must name some of read, build, deploy, metrics and account"));
        }
        Ok(Self(scopes))
    }

    /// The scopes of an API token: those requested, without [`Scope::Account`].
    pub fn for_api_token(requested: impl IntoIterator<Item = Scope>) -> Self {
        Self(requested.into_iter().filter(|scope| *scope != Scope::Account).collect())
    }

    /// Whether these scopes are sufficient for a route that requires `required`. `build` and `deploy` include
    /// `read`.
    pub fn allows(&self, required: Scope) -> bool {
        self.0.contains(&required)
            || (required == Scope::Read
                && (self.0.contains(&Scope::Build) || self.0.contains(&Scope::Deploy)))
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
        let names: Vec<_> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}
