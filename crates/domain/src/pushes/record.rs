//! The stored record of a push to the branch of a service, or to a pull request.

use super::{CommitSummary, PushEvent, RecordedFile};
use crate::{
    Timestamp, UnknownFields, config_file::FileService, previews::PullRequestSummary,
    repository::CommitSha, text::display_serde_name,
};
use serde::{Deserialize, Serialize};

/// What was found for one service when a push was looked at. Written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRecord {
    /// Taken before GitHub was asked.
    pub number: u32,
    /// When the event was received or, without one, when GitHub was asked.
    pub at: Timestamp,
    pub repository_id: u64,
    /// The record of [`PushOutcome::Linked`] from which on pushes count. Records of an earlier link say nothing any
    /// more: they may be of another branch. Of a pull request: the number that was taken when previews were switched on.
    /// Before, it may have been closed, and its place may be another's.
    pub since: u32,
    /// Without `refs/heads/`; of a pull request [`crate::previews::pull_request_ref`].
    pub branch: String,
    /// The pull request, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestSummary>,
    /// The event; `None` if the push was found without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<PushEvent>,
    /// The number of the event's item in the work queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<u32>,
    /// The record that it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    pub outcome: PushOutcome,
    /// The head of the branch, as last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<CommitSummary>,
    /// The last head that was looked at, if this one is skipped or its configuration file is invalid: the next push is
    /// compared with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_skipped: Option<CommitSha>,
    /// The commit that should be built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PushTarget>,
    /// The number of the record that took the place which the preview holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_place: Option<u32>,
    /// The configuration file of the branch, if the service uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_file: Option<RecordedFile>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// A commit that should be built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushTarget {
    /// The record that it was compared with; 0 if there was none.
    pub base: u32,
    /// The first record with this target.
    pub number: u32,
    pub commit: CommitSummary,
    /// The target that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<(u32, CommitSha)>,
}

/// What identifies a target: two events that are compared with the same record and have the same head want one build.
/// A force push back to an old commit is compared with another record, and wants another build.
pub type TargetKey = (u32, CommitSha);

/// What follows from a push for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum PushOutcome {
    /// It is to be built.
    Affected,
    /// Nothing that the service is built from has changed.
    NotAffected,
    /// The message of the commit asks for no build.
    Skipped,
    /// The head was seen before.
    Unchanged,
    /// Automatic builds were switched on, or have another branch or repository now. Later pushes are compared with this
    /// head.
    Linked,
    BranchMissing,
    RepositoryMissing,
    RepositoryArchived,
    /// The GitHub App is not installed on the repository.
    AppNotInstalled,
    /// The person who switched automatic builds on may not read the repository.
    NoAccess,
    /// That person is no longer a developer or the owner of the project.
    NotAMember,
    /// An administrator has blocked that person.
    Blocked,
    /// That person has not signed in for 90 days.
    ConfirmationRequired,
    /// The pull request is a draft.
    Draft,
    /// The head of the pull request is in a fork, and no developer of the project has approved this commit.
    ApprovalRequired,
    /// The project's owner has as many previews as the platform allows.
    TooManyPreviews,
    /// The pull request was closed or merged.
    Closed,
    /// The pull request is to be merged into a branch for which there are no previews.
    BaseBranchNotChosen,
    /// Nothing was pushed to the pull request for a time.
    Expired,
    /// Previews are switched off.
    PreviewsOff,
    /// The configuration file of the head is missing or invalid, or says nothing of the service. What the last valid one
    /// says stays in effect.
    InvalidConfigFile,
}

display_serde_name!(PushOutcome);

impl PushOutcome {
    /// Whether it is a reason why nothing can be built now.
    pub fn is_problem(self) -> bool {
        match self {
            Self::Affected | Self::NotAffected | Self::Skipped | Self::Unchanged | Self::Linked => {
                false
            }
            Self::BranchMissing
            | Self::RepositoryMissing
            | Self::RepositoryArchived
            | Self::AppNotInstalled
            | Self::NoAccess
            | Self::NotAMember
            | Self::Blocked
            | Self::ConfirmationRequired
            | Self::Draft
            | Self::ApprovalRequired
            | Self::TooManyPreviews
            | Self::Closed
            | Self::BaseBranchNotChosen
            | Self::Expired
            | Self::PreviewsOff
            | Self::InvalidConfigFile => true,
        }
    }

    /// Whether it follows from the head: as long as that stays, there is nothing new, and the target that there is can be
    /// built and deployed.
    pub fn is_about_head(self) -> bool {
        !self.is_problem() || self == Self::InvalidConfigFile
    }

    /// Whether a preview ends: what was deployed for the pull request is deleted.
    pub fn ends_preview(self) -> bool {
        matches!(self, Self::Closed | Self::BaseBranchNotChosen | Self::Expired | Self::PreviewsOff)
    }
}

impl PushTarget {
    pub fn key(&self) -> TargetKey {
        (self.base, self.commit.sha.clone())
    }
}

impl PushRecord {
    /// The commit with which the next push is compared.
    pub fn compared_head(&self) -> Option<&CommitSha> {
        let head = || self.head.as_ref().map(|head| &head.sha);
        self.before_skipped.as_ref().or_else(head)
    }

    /// Whether this record of a pull request says what follows from its head, so that the head need not be compared
    /// again: it was seen before, to be merged into the same branch.
    pub fn knows(&self, pull_request: &PullRequestSummary) -> bool {
        let earlier = self.pull_request.as_ref();
        let is_decided = self.target.is_some() || !self.outcome.is_problem();
        is_decided
            && self.has_seen(&pull_request.head)
            && earlier.is_some_and(|earlier| earlier.base_branch == pull_request.base_branch)
    }

    /// Whether the head is this commit.
    pub(super) fn has_seen(&self, commit: &CommitSha) -> bool {
        self.head.as_ref().is_some_and(|head| head.sha == *commit)
    }

    /// Whether the configuration file of the head is invalid.
    pub(super) fn has_invalid_file(&self) -> bool {
        let file = self.config_file.as_ref().zip(self.head.as_ref());
        file.is_some_and(|(file, head)| file.is_invalid_at(&head.sha))
    }

    /// What the configuration file says of the service, if it uses it: the last valid one is in effect.
    pub fn file_in_effect(&self) -> Option<&FileService> {
        self.config_file.as_ref()?.service.as_ref()
    }

    /// The target whose build is deployed for the pull request. `None`: nothing is, and what was deployed is deleted.
    pub fn preview_target(&self) -> Option<&PushTarget> {
        self.target.as_ref().filter(|_| !self.outcome.ends_preview())
    }

    /// The target, if this record is the one that set it.
    pub fn own_target(&self) -> Option<&PushTarget> {
        self.target.as_ref().filter(|target| target.number == self.number)
    }
}
