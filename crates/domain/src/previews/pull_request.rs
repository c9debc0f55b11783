//! A pull request as GitHub shows it, and whether it can be built.

use super::{ApprovedCommit, PreviewSettings};
use crate::{
    Timestamp,
    pushes::{PushOutcome, PushRecord, plain_text, without_addresses},
    repository::CommitSha,
};
use serde::{Deserialize, Serialize};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// A pull request, as GitHub answers. The title, the author and the names of branches are somebody else's texts: they
/// identify nobody, and prove nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    pub number: u32,
    pub title: String,
    /// The login of who opened it; `None` if the account was deleted.
    pub author: Option<String>,
    pub state: PullRequestState,
    pub is_draft: bool,
    pub head: CommitSha,
    pub head_branch: String,
    /// GitHub's number of the repository that has the head; `None` if it was deleted.
    pub head_repository: Option<u64>,
    pub base_branch: String,
    /// The head of the base branch, as GitHub knew it when the pull request was pushed or edited last.
    pub base: CommitSha,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullRequestState {
    Open,
    /// Merged or not.
    Closed,
}

/// What a record keeps of a pull request, with its texts cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestSummary {
    pub number: u32,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its head, whether it may be built or not.
    pub head: CommitSha,
    /// When this head was seen first, or the pull request was reopened.
    pub head_since: Timestamp,
    pub head_branch: String,
    pub base_branch: String,
    /// Its head is in another repository than the service's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_fork: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_draft: bool,
}

/// What decides whether a pull request is built, apart from itself.
#[derive(Clone, Copy, Debug)]
pub struct PreviewRules<'a> {
    /// `None`: previews are off.
    pub settings: Option<&'a PreviewSettings>,
    /// The branch of the service, perhaps the default branch.
    pub own_branch: &'a str,
    /// GitHub's number of the service's repository.
    pub repository_id: u64,
    pub approved: Option<&'a ApprovedCommit>,
    /// Days after which a preview ends without a push.
    pub days: i64,
    pub now: Timestamp,
}

/// The ref of the base repository that has the head of a pull request, also of one from a fork.
pub fn pull_request_ref(number: u32) -> String {
    format!("refs/pull/{number}/head")
}

impl PullRequest {
    /// Whether the head is in another repository. One that was deleted was another one.
    pub fn is_fork(&self, repository_id: u64) -> bool {
        self.head_repository != Some(repository_id)
    }

    /// What a record keeps of it. `earlier` is the newest earlier record of the pull request.
    pub fn summary(
        &self,
        repository_id: u64,
        earlier: Option<&PushRecord>,
        now: Timestamp,
    ) -> PullRequestSummary {
        let is_reopened = |earlier: &PushRecord| {
            earlier.outcome == PushOutcome::Closed && self.state == PullRequestState::Open
        };
        let earlier = earlier.filter(|earlier| !is_reopened(earlier));
        let earlier = earlier.and_then(|earlier| earlier.pull_request.as_ref());
        let same = earlier.filter(|earlier| earlier.head == self.head);
        PullRequestSummary {
            number: self.number,
            title: plain_text(&without_addresses(&self.title)),
            author: self.author.as_deref().map(plain_text),
            head: self.head.clone(),
            head_since: same.map_or(now, |earlier| earlier.head_since),
            head_branch: plain_text(&self.head_branch),
            base_branch: plain_text(&self.base_branch),
            is_fork: self.is_fork(repository_id),
            is_draft: self.is_draft,
        }
    }

    /// Why its head is not built; `None` if it is. `summary` is its own.
    pub fn problem(
        &self,
        summary: &PullRequestSummary,
        rules: &PreviewRules<'_>,
    ) -> Option<PushOutcome> {
        let Some(settings) = rules.settings else { return Some(PushOutcome::PreviewsOff) };
        let is_approved = || rules.approved.is_some_and(|approved| approved.commit == self.head);
        Some(if self.state == PullRequestState::Closed {
            PushOutcome::Closed
        } else if !settings.is_base_branch(&self.base_branch, rules.own_branch) {
            PushOutcome::BaseBranchNotChosen
        } else if summary.ends_at(rules.days) <= rules.now {
            PushOutcome::Expired
        } else if self.is_draft {
            PushOutcome::Draft
        } else if summary.is_fork && !is_approved() {
            PushOutcome::ApprovalRequired
        } else {
            return None;
        })
    }
}

impl PullRequestSummary {
    /// When its preview ends, unless something is pushed.
    pub fn ends_at(&self, days: i64) -> Timestamp {
        let seconds = days.saturating_mul(SECONDS_PER_DAY);
        let end = self.head_since.as_second().saturating_add(seconds);
        Timestamp::from_second(end).unwrap_or(Timestamp::MAX)
    }
}

impl PreviewSettings {
    fn is_base_branch(&self, branch: &str, own: &str) -> bool {
        match self.base_branches.as_slice() {
            [] => branch == own,
            chosen => chosen.iter().any(|chosen| chosen == branch),
        }
    }
}
