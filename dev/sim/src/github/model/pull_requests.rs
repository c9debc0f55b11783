//! Pull requests as values: those to open, those that exist, and what is rendered of them.

use jiff::Timestamp;

use super::git::Commit;
use super::repositories::Repository;

/// A pull request to open, from a branch of the repository itself or of a fork. A branch to which nobody has pushed is
/// created, with one commit that changes README.md if no other commit is given.
#[derive(Debug, Clone)]
pub struct PullRequest {
    pub(super) branch: String,
    /// The owner of the fork.
    pub(super) fork: Option<String>,
    /// None: the default branch.
    pub(super) base: Option<String>,
    pub(super) title: String,
    pub(super) body: Option<String>,
    /// None: the owner of the branch's repository.
    pub(super) author: Option<String>,
    pub(super) is_draft: bool,
    pub(super) commits: Vec<Commit>,
}

impl PullRequest {
    pub fn from_branch(branch: &str) -> Self {
        Self {
            branch: branch.to_owned(),
            fork: None,
            base: None,
            title: format!("Merge {branch}"),
            body: None,
            author: None,
            is_draft: false,
            commits: Vec::new(),
        }
    }

    /// The branch is in this account's fork of the repository, which is created if there is none.
    pub fn of_fork(self, owner: &str) -> Self {
        Self { fork: Some(owner.to_owned()), ..self }
    }

    /// The base branch.
    pub fn into(self, base: &str) -> Self {
        Self { base: Some(base.to_owned()), ..self }
    }

    pub fn title(self, title: &str) -> Self {
        Self { title: title.to_owned(), ..self }
    }

    pub fn body(self, body: &str) -> Self {
        Self { body: Some(body.to_owned()), ..self }
    }

    pub fn by(self, login: &str) -> Self {
        Self { author: Some(login.to_owned()), ..self }
    }

    pub fn draft(self) -> Self {
        Self { is_draft: true, ..self }
    }

    /// A commit that is pushed to the branch before.
    pub fn with(mut self, commit: Commit) -> Self {
        self.commits.push(commit);
        self
    }
}

/// A pull request of a repository.
#[derive(Debug, Clone)]
pub struct StoredPullRequest {
    pub id: u64,
    pub number: u32,
    pub title: String,
    pub body: Option<String>,
    pub author: String,
    /// The repository of the branch, which may have been deleted.
    pub head_repository: u64,
    pub head_owner: String,
    pub head_branch: String,
    pub head_sha: String,
    pub base_branch: String,
    /// The base branch's commit when the pull request was last opened, pushed to or retargeted.
    pub base_sha: String,
    pub is_draft: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub merged: Option<Merged>,
}

/// How a pull request was merged, at the time at which it was closed.
#[derive(Debug, Clone)]
pub struct Merged {
    pub by: String,
    pub commit: String,
}

impl StoredPullRequest {
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// `owner:branch`
    pub fn head_label(&self) -> String {
        format!("{}:{}", self.head_owner, self.head_branch)
    }
}

/// A pull request with what GitHub shows beside it.
#[derive(Debug, Clone)]
pub struct PullRequestView {
    pub stored: StoredPullRequest,
    /// None if it was deleted.
    pub head_repository: Option<Repository>,
    /// `OWNER`, `COLLABORATOR` or `NONE`.
    pub author_association: &'static str,
    /// How many commits the base branch lacks.
    pub commits: usize,
    /// How many files they change.
    pub changed_files: usize,
}

/// What happened to a pull request.
#[derive(Debug, Clone)]
pub enum PullRequestChange {
    Opened,
    Reopened,
    /// The head before.
    Synchronized(String),
    /// The base branch and its commit before.
    Retargeted(String, String),
    /// The title before.
    Titled(String),
    ConvertedToDraft,
    ReadyForReview,
    Closed,
}

impl PullRequestChange {
    /// The action in the webhook.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Synchronized(_) => "synchronize",
            Self::Retargeted(..) | Self::Titled(_) => "edited",
            Self::ConvertedToDraft => "converted_to_draft",
            Self::ReadyForReview => "ready_for_review",
            Self::Closed => "closed",
        }
    }
}
