//! Identifiers of projects, builds and deployments. The ids of builds and deployments encode where their
//! records are stored.

use crate::text::InvalidText;
use data_encoding::BASE32_DNSSEC;
use serde::{Deserialize, Serialize};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::{fmt, num::ParseIntError, str::FromStr};

/// A project's number, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(pub u32);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ProjectId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// Defines an id that consists of a project, a number within it, and 64 random bits.
///
/// Project and number locate the record, so no index is needed. The random bits are compared with the
/// record, so an id cannot be guessed. The text form is 26 characters of lower-case base32 (digits and
/// `a` to `v`), which is valid in a DNS label, an OCI tag and a file name.
macro_rules! record_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, SerializeDisplay, DeserializeFromStr)]
        pub struct $name {
            pub project: ProjectId,
            pub number: u32,
            nonce: u64,
        }

        impl $name {
            /// `nonce` must come from a secure random source.
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
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                let id = decode(text).map(|(project, number, nonce)| Self { project, number, nonce });
                // The decoder also accepts capitals; only the canonical spelling is valid.
                id.filter(|id| id.to_string() == text).ok_or(InvalidText(concat!("must be a ", $what, "'s id")))
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
    /// A deployment's id. Each service of a project has one once it has been deployed.
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

/// The numbers of previews' deployments begin above this one. Lists of a project's services do not read them.
pub const PREVIEW_NUMBERS: u32 = 1 << 31;

impl DeploymentId {
    /// Whether it is the deployment of a preview.
    pub fn is_preview(self) -> bool {
        self.number >= PREVIEW_NUMBERS
    }
}

impl BuildId {
    /// The image tag that only this build pushes, in addition to the requested one.
    pub fn unique_tag(&self) -> String {
        format!("build-{self}")
    }

    /// Parses [`Self::unique_tag`].
    pub fn from_unique_tag(tag: &str) -> Option<Self> {
        tag.strip_prefix("build-")?.parse().ok()
    }

    /// The title of the build's workflow run (`run-name` in the builder workflow).
    pub fn run_title(&self) -> String {
        format!("NoKube build {self}")
    }

    /// Parses [`Self::run_title`].
    pub fn from_run_title(title: &str) -> Option<Self> {
        title.strip_prefix("NoKube build ")?.parse().ok()
    }

    /// The name of the build's job. `workflow_job` events do not include the run's title, so the job's name
    /// identifies the build.
    pub fn job_name(&self) -> String {
        format!("build {self}")
    }

    /// Parses [`Self::job_name`].
    pub fn from_job_name(name: &str) -> Option<Self> {
        name.strip_prefix("build ")?.parse().ok()
    }
}
