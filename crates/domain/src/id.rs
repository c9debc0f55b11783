//! Identifiers: a project's number, and the ids of builds and deployments, which say where their
//! records stand.

use crate::text::BadText;
use data_encoding::BASE32_DNSSEC;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A project's number, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(pub u32);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes an id of project, number within it, and 64 random bits.
///
/// The first two say where the records stand, so a thing is read without an index; the random bits
/// are checked against the record, so an id cannot be guessed. As text it is 26 characters of
/// lower-case base32 (digits and `a` to `v`), fit for a DNS label, an OCI tag and a file name.
macro_rules! record_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name {
            pub project: ProjectId,
            pub number: u32,
            nonce: u64,
        }

        impl $name {
            /// The id of number `number` of `project`; `nonce` must come from a secure random source.
            pub fn new(project: ProjectId, number: u32, nonce: u64) -> Self {
                Self { project, number, nonce }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode(self.project, self.number, self.nonce))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{}({self})", self.project, self.number)
            }
        }

        impl FromStr for $name {
            type Err = BadText;

            fn from_str(text: &str) -> Result<Self, BadText> {
                let id = decode(text).map(|(project, number, nonce)| Self { project, number, nonce });
                // The decoder takes capitals too; one thing has one spelling.
                id.filter(|id| id.to_string() == text).ok_or(BadText(concat!("must be a ", $what, "'s id")))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadText;

            fn try_from(text: String) -> Result<Self, BadText> {
                text.parse()
            }
        }
    };
}

record_id!(
    /// A build's id.
    BuildId,
    "build"
);

record_id!(
    /// A deployment's id: one for each service of a project that was ever deployed.
    DeploymentId,
    "deployment"
);

fn encode(project: ProjectId, number: u32, nonce: u64) -> String {
    let value = (u128::from(project.0) << 96) | (u128::from(number) << 64) | u128::from(nonce);
    BASE32_DNSSEC.encode(&value.to_be_bytes())
}

fn decode(text: &str) -> Option<(ProjectId, u32, u64)> {
    let bytes = BASE32_DNSSEC.decode(text.as_bytes()).ok()?;
    let value = u128::from_be_bytes(bytes.try_into().ok()?);
    Some((ProjectId((value >> 96) as u32), (value >> 64) as u32, value as u64))
}

impl BuildId {
    /// The tag under which the builder pushes this build's image besides the asked one; no other
    /// build ever pushes to it.
    pub fn unique_tag(&self) -> String {
        format!("build-{self}")
    }

    /// The build whose unique tag this is.
    pub fn from_unique_tag(tag: &str) -> Option<Self> {
        tag.strip_prefix("build-")?.parse().ok()
    }

    /// The title of the build's workflow run (`run-name` in the builder's workflow).
    pub fn run_title(&self) -> String {
        format!("NoKube build {self}")
    }

    /// The build whose run has this title.
    pub fn from_run_title(title: &str) -> Option<Self> {
        title.strip_prefix("NoKube build ")?.parse().ok()
    }

    /// The name of the build's job: events about jobs carry no title of the run.
    pub fn job_name(&self) -> String {
        format!("build {self}")
    }

    /// The build whose job has this name.
    pub fn from_job_name(name: &str) -> Option<Self> {
        name.strip_prefix("build ")?.parse().ok()
    }
}
