//! Identifiers: a project's number, and a build's id that says where its records stand.

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

/// A build's id: project, number of the build within it, and 64 random bits.
///
/// The first two say where the records stand, so a build is read without an index; the random bits
/// are checked against the record, so an id cannot be guessed. As text it is 26 characters of
/// lower-case base32 (digits and `a` to `v`), fit for a DNS label, an OCI tag and a file name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BuildId {
    pub project: ProjectId,
    pub number: u32,
    nonce: u64,
}

impl BuildId {
    /// The id of build `number` of `project`; `nonce` must come from a secure random source.
    pub fn new(project: ProjectId, number: u32, nonce: u64) -> Self {
        Self { project, number, nonce }
    }

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

    fn to_bytes(self) -> [u8; 16] {
        let value = (u128::from(self.project.0) << 96)
            | (u128::from(self.number) << 64)
            | u128::from(self.nonce);
        value.to_be_bytes()
    }
}

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_DNSSEC.encode(&self.to_bytes()))
    }
}

impl fmt::Debug for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}({self})", self.project, self.number)
    }
}

/// The text is not a build id.
#[derive(Debug, thiserror::Error)]
#[error("not a build id")]
pub struct NotABuildId;

impl FromStr for BuildId {
    type Err = NotABuildId;

    fn from_str(text: &str) -> Result<Self, NotABuildId> {
        let bytes = BASE32_DNSSEC.decode(text.as_bytes()).map_err(|_| NotABuildId)?;
        let value = u128::from_be_bytes(bytes.try_into().map_err(|_| NotABuildId)?);
        let id = Self {
            project: ProjectId((value >> 96) as u32),
            number: (value >> 64) as u32,
            nonce: value as u64,
        };
        // The decoder takes capitals too; one build has one spelling.
        (id.to_string() == text).then_some(id).ok_or(NotABuildId)
    }
}

impl From<BuildId> for String {
    fn from(id: BuildId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for BuildId {
    type Error = NotABuildId;

    fn try_from(text: String) -> Result<Self, NotABuildId> {
        text.parse()
    }
}
