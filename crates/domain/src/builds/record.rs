//! The stored record of a build request.

use super::BuildSpec;
use crate::{
    BuildId, Person, Timestamp,
    name::{ProjectName, Username},
    pushes::CommitSummary,
    repository::{CommitSha, Repository},
};
use serde::{Deserialize, Serialize};

/// What requested a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BuildTrigger))]
pub enum Trigger {
    /// A person or a program, through the API.
    #[default]
    Manual,
    /// A push to the service's branch.
    Push,
    /// A push to a pull request.
    PullRequest,
}

/// The push that a build is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushTrigger {
    /// The number of the push that it was compared with; 0 if there was none.
    pub base: u32,
    /// The number of the push that made the commit the target.
    pub number: u32,
    /// The login of who pushed, if an event said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The number of the pull request, if it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<u32>,
    /// Its commit is in another repository, where strangers push.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_fork: bool,
}

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
    /// GitHub's number of the source repository, which a rename does not change. Builds of earlier releases have
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<u64>,
    /// The commit that the ref pointed to at the time of the request. This commit is built.
    pub commit: CommitSha,
    /// The commit with its subject and author. Builds of earlier releases have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_summary: Option<CommitSummary>,
    /// The push that requested it; `None` for a request through the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<PushTrigger>,
    /// The repository was private then, so the builder needs a token of its own for it.
    pub private: bool,
    /// `{registry}/{namespace}/{encoded triple}`, without tag.
    pub image: String,
    /// Estimated duration in seconds, as reported to the caller.
    pub estimate: u32,
    pub created_at: Timestamp,
}

impl BuildRecord {
    /// What requested it.
    pub fn trigger(&self) -> Trigger {
        match &self.trigger {
            None => Trigger::Manual,
            Some(PushTrigger { pull_request: None, .. }) => Trigger::Push,
            Some(PushTrigger { pull_request: Some(_), .. }) => Trigger::PullRequest,
        }
    }

    /// The number of the pull request that it is for.
    pub fn pull_request(&self) -> Option<u32> {
        self.trigger.as_ref()?.pull_request
    }

    /// The same build under the name that its source has now.
    #[must_use]
    pub fn with_repository(&self, repository: Repository) -> Self {
        let mut build = self.clone();
        build.spec.repository = repository;
        build
    }

    /// `{registry}/{namespace}/{encoded triple}:{tag}`.
    pub fn image_full_name(&self) -> String {
        format!("{}:{}", self.image, self.spec.tag)
    }

    /// The image's name within the registry, without the registry's host.
    pub fn image_repository(&self) -> &str {
        self.image.split_once('/').map_or(&self.image, |(_, repository)| repository)
    }

    /// The workflow's input `private`: whether the source is private, what is fetched in addition, and whether it is the
    /// commit of a pull request, whose cache is its own. They share an input because GitHub Enterprise Server takes ten,
    /// which are all in use. An older workflow rejects the additions: it would let a pull request write the branch's
    /// cache.
    pub fn private_input(&self) -> String {
        let submodules = if self.spec.submodules { ",submodules" } else { "" };
        let lfs = if self.spec.lfs { ",lfs" } else { "" };
        let preview = if self.pull_request().is_some() { ",preview" } else { "" };
        format!("{}{submodules}{lfs}{preview}", self.private)
    }
}
