//! What a credential is good for: the scopes of API tokens.

use crate::text::BadText;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// What a route needs of the credential that the caller sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Scope {
    /// Looking at projects, builds and deployments.
    Read,
    /// Starting, repeating and cancelling builds.
    Build,
    /// Deploying, and changing what is deployed.
    Deploy,
    /// Counting what there is on the whole platform: `GET /metrics`, and only for administrators.
    Metrics,
    /// Projects, members, tokens, sessions: what a machine has no business with. No API token has it,
    /// so a token cannot make itself another.
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
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        match text {
            "read" => Ok(Self::Read),
            "build" => Ok(Self::Build),
            "deploy" => Ok(Self::Deploy),
            "metrics" => Ok(Self::Metrics),
            _ => Err(BadText("must be read, build, deploy or metrics")),
        }
    }
}

/// What a credential is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Of a person who has signed in.
    pub fn all() -> Self {
        Self([Scope::Read, Scope::Build, Scope::Deploy, Scope::Metrics, Scope::Account].into())
    }

    /// Those that are named, of all that a person has: `build read`, with blanks between (RFC 6749,
    /// 3.3). So a credential can be asked for that is good for less.
    ///
    /// # Errors
    /// What is no scope, or nothing at all.
    pub fn narrowed(text: &str) -> Result<Self, BadText> {
        let named = text.split_whitespace().map(|name| match name {
            "account" => Ok(Scope::Account),
            name => name.parse(),
        });
        let named: BTreeSet<_> = named.collect::<Result<_, _>>().unwrap_or_default();
        if named.is_empty() {
            return Err(BadText("must name some of read, build, deploy, metrics and account"));
        }
        Ok(Self(named))
    }

    /// Of an API token: none that machines have no business with.
    pub fn of_token(asked: impl IntoIterator<Item = Scope>) -> Self {
        Self(asked.into_iter().filter(|scope| *scope != Scope::Account).collect())
    }

    /// Who may build or deploy may look at what comes of it; nothing else implies anything.
    pub fn allow(&self, needed: Scope) -> bool {
        self.0.contains(&needed)
            || (needed == Scope::Read
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
