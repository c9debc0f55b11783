//! What follows from a look at a branch: the next record of a service's pushes.

use super::{
    CommitSummary, FoundFile, PushEvent, PushOutcome, PushRecord, PushTarget, RecordedFile,
    WatchedPaths,
};
use crate::{Timestamp, UnknownFields, previews::PullRequestSummary, repository::CommitSha};

/// A look at the branch of a service, for which a number was taken.
#[derive(Clone, Debug)]
pub struct Look {
    pub number: u32,
    pub at: Timestamp,
    pub repository_id: u64,
    /// See [`PushRecord::since`].
    pub since: u32,
    pub branch: String,
    /// See [`PushRecord::pull_request`].
    pub pull_request: Option<PullRequestSummary>,
    pub event: Option<PushEvent>,
    pub work: Option<u32>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing can be built: the outcome says why.
    Problem(PushOutcome),
    Head(FoundHead),
}

/// The head of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundHead {
    pub commit: CommitSummary,
    /// Its message asks for no build.
    pub is_skipped: bool,
    /// What its configuration file says of the service. `None` if the service does not use it, or it was not read: of a
    /// head that is skipped or was seen before.
    pub file: Option<FoundFile>,
}

/// What changed between two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same commit.
    Same,
    /// These files, with the earlier names of renamed ones.
    Files(Vec<String>),
    /// Everything may have changed: GitHub does not list all files, or the later commit does not follow from the
    /// earlier one.
    Everything,
}

impl Finding {
    /// The two commits that have to be compared before the next record can be made.
    pub fn comparison<'a>(
        &'a self,
        base: Option<&'a PushRecord>,
    ) -> Option<(&'a CommitSha, &'a CommitSha)> {
        let Self::Head(FoundHead { commit, is_skipped: false, file }) = self else { return None };
        if let Some(FoundFile::Invalid(_)) = file {
            return None;
        }
        let base = base.filter(|base| !base.has_seen(&commit.sha))?;
        Some((base.compared_head()?, &commit.sha))
    }

    /// The head whose configuration file has to be read before the next record of a service that uses it can be made.
    pub fn head_with_file(&self, base: Option<&PushRecord>) -> Option<&CommitSha> {
        let Self::Head(FoundHead { commit, is_skipped: false, .. }) = self else { return None };
        let is_new = base.is_none_or(|base| !base.has_seen(&commit.sha));
        is_new.then_some(&commit.sha)
    }

    /// With what the configuration file of the head says of the service.
    #[must_use]
    pub fn with_file(self, file: FoundFile) -> Self {
        match self {
            Self::Head(head) => Self::Head(FoundHead { file: Some(file), ..head }),
            Self::Problem(problem) => Self::Problem(problem),
        }
    }

    /// Whether a record of it says something that the newest record does not.
    pub fn is_news(&self, newest: Option<&PushRecord>) -> bool {
        let Some(newest) = newest else { return true };
        match self {
            Self::Problem(problem) => newest.outcome != *problem,
            Self::Head(head) => {
                !newest.outcome.is_about_head() || !newest.has_seen(&head.commit.sha)
            }
        }
    }
}

impl PushRecord {
    /// The record of a look. `base` is the newest earlier record since the same link. `comparison` is that of
    /// [`Finding::comparison`]; of a pull request it is always that of its head with the base that it has in common with
    /// the branch into which it is to be merged.
    pub fn next(
        look: Look,
        base: Option<&Self>,
        finding: Finding,
        comparison: &Comparison,
        watched: &WatchedPaths,
    ) -> Self {
        let config_file = look.config_file(base, &finding);
        let (outcome, commit) = match finding {
            Finding::Problem(problem) => (problem, None),
            Finding::Head(FoundHead { commit, .. }) if look.knows(&commit, base) => {
                (look.unchanged(base), None)
            }
            Finding::Head(FoundHead { commit, is_skipped: true, .. }) => {
                (PushOutcome::Skipped, Some(commit))
            }
            Finding::Head(FoundHead { commit, file: Some(FoundFile::Invalid(_)), .. }) => {
                (PushOutcome::InvalidConfigFile, Some(commit))
            }
            // Without a base there is nothing to compare with.
            Finding::Head(FoundHead { commit, file, .. }) => {
                let has_base = base.and_then(Self::compared_head).is_some();
                let has_base = has_base || look.pull_request.is_some();
                let is_touched = watched.are_touched(comparison) || is_other(base, file.as_ref());
                let outcome = match has_base && !is_touched {
                    true => PushOutcome::NotAffected,
                    false => PushOutcome::Affected,
                };
                (outcome, Some(commit))
            }
        };
        let target = look.target(base, outcome, commit.as_ref());
        let preview_place = look.preview_place(base, outcome);
        let before_skipped = match (&commit, outcome) {
            (Some(_), PushOutcome::Skipped | PushOutcome::InvalidConfigFile) => {
                base.and_then(Self::compared_head).cloned()
            }
            (Some(_), _) => None,
            // The head is still the one of the base.
            (None, _) => base.and_then(|base| base.before_skipped.clone()),
        };
        let head = commit.or_else(|| base.and_then(|base| base.head.clone()));
        let base = base.map(|base| base.number);
        Self {
            head,
            before_skipped,
            target,
            preview_place,
            config_file,
            ..look.into_record(base, outcome)
        }
    }
}

/// Whether a file says something else of the service than what is in effect.
fn is_other(base: Option<&PushRecord>, file: Option<&FoundFile>) -> bool {
    let in_effect = base.and_then(PushRecord::file_in_effect);
    matches!(file, Some(FoundFile::Valid(service)) if in_effect != Some(service))
}

impl Look {
    /// The record of the head from which on pushes count. `since` is the number of this look.
    pub fn linked(self, head: CommitSummary) -> PushRecord {
        PushRecord { head: Some(head), ..self.into_record(None, PushOutcome::Linked) }
    }

    /// What follows from a head that was seen before. The newest record of a pull request has to say it by itself.
    fn unchanged(&self, base: Option<&PushRecord>) -> PushOutcome {
        match base.map(|base| base.outcome) {
            Some(outcome @ (PushOutcome::NotAffected | PushOutcome::Skipped))
                if self.pull_request.is_some() =>
            {
                outcome
            }
            Some(_) if base.is_some_and(PushRecord::has_invalid_file) => {
                PushOutcome::InvalidConfigFile
            }
            _ => PushOutcome::Unchanged,
        }
    }

    /// The configuration file after this look.
    fn config_file(&self, base: Option<&PushRecord>, finding: &Finding) -> Option<RecordedFile> {
        let earlier = base.and_then(|base| base.config_file.as_ref());
        match finding {
            Finding::Head(FoundHead { commit, is_skipped: false, file: Some(found) })
                if !self.knows(commit, base) =>
            {
                Some(RecordedFile::after(earlier, &commit.sha, found))
            }
            Finding::Head(_) | Finding::Problem(_) => earlier.cloned(),
        }
    }

    /// Whether a head was seen before. That of a pull request is compared again once it is to be merged into another
    /// branch.
    fn knows(&self, head: &CommitSummary, base: Option<&PushRecord>) -> bool {
        let has_seen = |base: &PushRecord| match &self.pull_request {
            None => true,
            Some(pull_request) => base.knows(pull_request),
        };
        base.is_some_and(|base| base.has_seen(&head.sha) && has_seen(base))
    }

    /// What should be built after this look. `head` is a head that was not seen before.
    fn target(
        &self,
        base: Option<&PushRecord>,
        outcome: PushOutcome,
        head: Option<&CommitSummary>,
    ) -> Option<PushTarget> {
        let earlier = base.and_then(|base| base.target.clone());
        let is_pull_request = self.pull_request.is_some();
        match (head, outcome) {
            // It is built already.
            (Some(head), PushOutcome::Affected)
                if is_pull_request
                    && earlier.as_ref().is_some_and(|it| it.commit.sha == head.sha) =>
            {
                earlier
            }
            (Some(head), PushOutcome::Affected) => Some(PushTarget {
                base: base.map_or(0, |base| base.number),
                number: self.number,
                commit: head.clone(),
                previous: earlier.map(|earlier| earlier.key()),
            }),
            // The head has nothing of the service that the branch has not. An earlier head had.
            (_, PushOutcome::NotAffected) if is_pull_request => None,
            _ => earlier,
        }
    }

    fn preview_place(&self, base: Option<&PushRecord>, outcome: PushOutcome) -> Option<u32> {
        self.pull_request.as_ref()?;
        let has_none = outcome.ends_preview() || outcome == PushOutcome::TooManyPreviews;
        base?.preview_place.filter(|_| !has_none)
    }

    fn into_record(self, base: Option<u32>, outcome: PushOutcome) -> PushRecord {
        let Self { number, at, repository_id, since, branch, pull_request, event, work } = self;
        PushRecord {
            number,
            at,
            repository_id,
            since,
            branch,
            pull_request,
            event,
            work,
            base,
            outcome,
            head: None,
            before_skipped: None,
            target: None,
            preview_place: None,
            config_file: None,
            unknown_fields: UnknownFields::default(),
        }
    }
}
