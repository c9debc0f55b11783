//! The events that GitHub sends webhooks for.

use jiff::Timestamp;

use super::git::{GitRef, StoredCommit};
use super::pull_requests::{PullRequestChange, PullRequestView};
use super::repositories::Repository;
use super::run::WorkflowRun;

/// An event, with the state of what it is about at that time.
#[derive(Debug, Clone)]
pub enum WebhookEvent {
    WorkflowRun { action: &'static str, run: Box<WorkflowRun> },
    WorkflowJob { action: &'static str, run: Box<WorkflowRun> },
    Package { run: Box<WorkflowRun>, tag: String, digest: String, published_at: Timestamp },
    Repository(Box<RepositoryEvent>),
    Installation(InstallationEvent),
}

impl WebhookEvent {
    /// The name in `X-GitHub-Event`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WorkflowRun { .. } => "workflow_run",
            Self::WorkflowJob { .. } => "workflow_job",
            Self::Package { .. } => "package",
            Self::Repository(event) => match event.change {
                RepositoryChange::Push(_) => "push",
                RepositoryChange::Create(_) => "create",
                RepositoryChange::Delete(_) => "delete",
                RepositoryChange::PullRequest(..) => "pull_request",
                _ => "repository",
            },
            Self::Installation(event) => match event.change {
                InstallationChange::Repositories { .. } => "installation_repositories",
                _ => "installation",
            },
        }
    }

    /// The run of the events about runs.
    pub fn run(&self) -> Option<&WorkflowRun> {
        match self {
            Self::WorkflowRun { run, .. }
            | Self::WorkflowJob { run, .. }
            | Self::Package { run, .. } => Some(run),
            Self::Repository(_) | Self::Installation(_) => None,
        }
    }
}

/// An event of a repository.
#[derive(Debug, Clone)]
pub struct RepositoryEvent {
    pub repository: Repository,
    pub sender: String,
    pub change: RepositoryChange,
}

#[derive(Debug, Clone)]
pub enum RepositoryChange {
    Push(Box<Push>),
    Create(GitRef),
    Delete(GitRef),
    PullRequest(Box<PullRequestView>, PullRequestChange),
    /// The name before, without the owner.
    Renamed(String),
    /// The owner before.
    Transferred(String),
    /// The default branch before.
    DefaultBranch(String),
    /// `archived`, `unarchived`, `deleted`, `privatized` or `publicized`.
    Other(&'static str),
}

#[derive(Debug, Clone)]
pub struct Push {
    pub git_ref: GitRef,
    pub before: Option<String>,
    pub after: Option<String>,
    pub forced: bool,
    /// The branch from whose head a new branch was made.
    pub base_branch: Option<String>,
    /// At most 2,048, oldest first.
    pub commits: Vec<StoredCommit>,
    pub head_commit: Option<StoredCommit>,
}

/// An event of the App's installation on an account.
#[derive(Debug, Clone)]
pub struct InstallationEvent {
    pub account: String,
    pub change: InstallationChange,
}

#[derive(Debug, Clone)]
pub enum InstallationChange {
    /// `created`, `deleted`, `suspend`, `unsuspend` or `new_permissions_accepted`.
    Installation(&'static str),
    Repositories {
        added: Vec<Repository>,
        removed: Vec<Repository>,
    },
}
