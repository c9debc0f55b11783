//! What a look at a pull request says about the preview of a service.

use super::{PreviewRules, PullRequest, PullRequestSummary};
use crate::{
    pushes::{Comparison, Finding, FoundHead, PushOutcome, PushRecord, WatchedPaths},
    repository::CommitSha,
};

/// What GitHub says about a pull request.
#[derive(Clone, Copy, Debug)]
pub enum ShownPullRequest<'a> {
    /// It was not asked.
    NotAsked,
    /// There is none with this number any more.
    Gone,
    Present(&'a PullRequest),
}

/// What a pull request is for a service now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPullRequest {
    pub summary: PullRequestSummary,
    state: FoundState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum FoundState {
    /// Nothing is built of it: the outcome says why.
    Problem(PushOutcome),
    /// The head is built if it changes, since the base, what the service is built from.
    Open { base: CommitSha, head: CommitSha },
    /// As [`Self::Open`], but the head may not be built: nobody has approved it.
    NotApproved { base: CommitSha, head: CommitSha },
}

/// Whether a record would say something that the newest one does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Yes,
    No,
    /// Only if the owner may have one more preview now.
    WithPlace,
}

impl FoundPullRequest {
    /// `problem` is why nothing can be built, whatever the pull request is. `earlier` is the newest record, or the one
    /// before the record that is about to be made. `None` if it says nothing of interest: there is no preview that could
    /// end.
    pub fn find(
        shown: ShownPullRequest<'_>,
        problem: Option<PushOutcome>,
        earlier: Option<&PushRecord>,
        rules: &PreviewRules<'_>,
    ) -> Option<Self> {
        let open = earlier.filter(|earlier| !earlier.outcome.ends_preview());
        let open = open.and_then(|open| open.pull_request.clone());
        let of_earlier = |outcome| {
            open.clone().map(|summary| Self { summary, state: FoundState::Problem(outcome) })
        };
        match (problem, shown) {
            // Without GitHub's answer it ends in time all the same.
            (Some(problem), _) => {
                let is_expired = open.as_ref()?.ends_at(rules.days) <= rules.now;
                of_earlier(if is_expired { PushOutcome::Expired } else { problem })
            }
            (None, ShownPullRequest::NotAsked) => None,
            (None, ShownPullRequest::Gone) => of_earlier(PushOutcome::Closed),
            (None, ShownPullRequest::Present(present)) => {
                let found = Self::of_present(present, earlier, rules);
                let ends = matches!(found.state, FoundState::Problem(it) if it.ends_preview());
                (earlier.is_some() || !ends).then_some(found)
            }
        }
    }

    fn of_present(
        present: &PullRequest,
        earlier: Option<&PushRecord>,
        rules: &PreviewRules<'_>,
    ) -> Self {
        let summary = present.summary(rules.repository_id, earlier, rules.now);
        let (base, head) = (present.base.clone(), present.head.clone());
        let state = match present.problem(&summary, rules) {
            None => FoundState::Open { base, head },
            Some(PushOutcome::ApprovalRequired) => FoundState::NotApproved { base, head },
            Some(outcome) => FoundState::Problem(outcome),
        };
        Self { summary, state }
    }

    /// The base and the head that have to be compared before a record can be made.
    pub fn comparison(&self, earlier: Option<&PushRecord>) -> Option<(&CommitSha, &CommitSha)> {
        match &self.state {
            FoundState::Problem(_) => None,
            FoundState::Open { .. } if self.is_known(earlier) => None,
            FoundState::Open { base, head } | FoundState::NotApproved { base, head } => {
                Some((base, head))
            }
        }
    }

    /// What the record says. `head` and `comparison` are those of [`Self::comparison`]. `None` without the head that it
    /// needs.
    pub fn finding(
        &self,
        earlier: Option<&PushRecord>,
        head: Option<&FoundHead>,
        comparison: &Comparison,
        watched: &WatchedPaths,
    ) -> Option<Finding> {
        match &self.state {
            FoundState::Problem(outcome) => return Some(Finding::Problem(*outcome)),
            // What does not touch the service needs no approval.
            FoundState::NotApproved { .. } if watched.are_touched(comparison) => {
                return Some(Finding::Problem(PushOutcome::ApprovalRequired));
            }
            FoundState::NotApproved { .. } | FoundState::Open { .. } => {}
        }
        let seen = || {
            let commit = earlier.filter(|_| self.is_known(earlier))?.head.clone()?;
            Some(FoundHead { commit, is_skipped: false, file: None })
        };
        head.cloned().or_else(seen).map(Finding::Head)
    }

    pub fn is_news(&self, newest: Option<&PushRecord>) -> News {
        let Some(newest) = newest else { return News::Yes };
        let is_same = newest.pull_request.as_ref().is_some_and(|newest| {
            // A pull request that is still closed was not opened again.
            let head_since = newest.head_since;
            *newest == PullRequestSummary { head_since, ..self.summary.clone() }
        });
        let says_it = match &self.state {
            FoundState::Problem(outcome) => newest.outcome == *outcome,
            FoundState::Open { .. } if newest.outcome == PushOutcome::TooManyPreviews => {
                return if is_same { News::WithPlace } else { News::Yes };
            }
            FoundState::NotApproved { .. } if newest.outcome == PushOutcome::ApprovalRequired => {
                true
            }
            FoundState::Open { .. } | FoundState::NotApproved { .. } => {
                !newest.outcome.is_problem() && self.is_known(Some(newest))
            }
        };
        if is_same && says_it { News::No } else { News::Yes }
    }

    /// Whether an earlier record says what follows from this head.
    fn is_known(&self, earlier: Option<&PushRecord>) -> bool {
        earlier.is_some_and(|earlier| earlier.knows(&self.summary))
    }
}
