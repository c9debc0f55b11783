//! The stored record of a build request.

use super::BuildSpec;
use crate::{
    BuildId, Person, Timestamp,
    name::{ProjectName, Username},
    repository::CommitSha,
};
use serde::{Deserialize, Serialize};

/// The record of a build; written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRecord {
    pub id: BuildId,
    #[serde(rename = "by")]
    pub requested_by: Person,
    /// The owner of the project; image names contain it.
    pub owner: Username,
    pub project: ProjectName,
    #[serde(rename = "asked")]
    pub spec: BuildSpec,
    /// The commit that the ref pointed to at the time of the request. This commit is built.
    pub commit: CommitSha,
    /// The repository was private then, so the builder needs a token of its own for it.
    pub private: bool,
    /// `{registry}/{namespace}/{encoded triple}`, without tag.
    pub image: String,
    /// Estimated duration in seconds, as reported to the caller.
    pub estimate: u32,
    pub created_at: Timestamp,
}

impl BuildRecord {
    /// `{registry}/{namespace}/{encoded triple}:{tag}`.
    pub fn image_full_name(&self) -> String {
        format!("{}:{}", self.image, self.spec.tag)
    }

    /// The image's name within the registry, without the registry's host.
    pub fn image_repository(&self) -> &str {
        self.image.split_once('/').map_or(&self.image, |(_, repository)| repository)
    }
}
