//! Webhooks about a repository.

use super::CommitSummary;
use crate::{Timestamp, UnknownFields, repository::CommitSha};
use serde::{Deserialize, Serialize};

/// What a webhook said about a repository. It is a hint: what counts is what GitHub answers when it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryEvent {
    pub repository_id: u64,
    pub received_at: Timestamp,
    pub change: RepositoryChange,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepositoryChange {
    /// A branch was pushed, created or deleted.
    Push(PushEvent),
    /// The repository itself changed: it was renamed, transferred, archived or deleted, or its visibility or default
    /// branch changed.
    Repository,
    /// A pull request was opened, closed, pushed to or edited.
    PullRequest { number: u32 },
}

/// A push to a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushEvent {
    /// Without `refs/heads/`.
    pub branch: String,
    /// The head before; `None` if the branch was created.
    pub before: Option<CommitSha>,
    /// The head after, as GitHub knew it when it sent the event; `None` if the branch was deleted, or if the event does
    /// not say it: `create` says only that there is a branch.
    pub after: Option<CommitSha>,
    pub forced: bool,
    /// The login of who pushed; that of an App ends with `[bot]`.
    pub sender: Option<String>,
    /// The commit `after`.
    pub head_commit: Option<CommitSummary>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}
