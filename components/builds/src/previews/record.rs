//! Compares the head of a pull request with its base, takes places, and writes the records that follow.

use super::{
    ask::PullRequests,
    candidate::Candidate,
    deployments::add_item,
    ending::Ending,
    look::PreviewLook,
    places::{self, Room},
    seen,
};
use crate::{
    github::{Head, commit, pulls::changed_files},
    pushes::Processing,
};
use futures::future::join_all;
use nokube_domain::{
    previews::{FoundPullRequest, PreviewGoal, PreviewMode, preview_goal},
    pushes::{
        CommitSummary, Comparison, Finding, FoundHead, PushOutcome, PushRecord, PushTarget,
        says_skip,
    },
};
use nokube_edge::{Error, Result, now, pushes};

/// A record that is about to be written.
struct Next {
    candidate: Candidate,
    number: u32,
    /// The newest earlier record.
    earlier: Option<PushRecord>,
    found: FoundPullRequest,
}

/// What has become of a candidate.
pub struct Written {
    pub candidate: Candidate,
    /// `None` if there was nothing to be written.
    pub record: Result<Option<PushRecord>>,
    /// What the record ends.
    pub ending: Option<Ending>,
}

/// What GitHub says about the head of a pull request. Nothing that no candidate needs was asked for.
struct Changes {
    head: Option<FoundHead>,
    comparison: Comparison,
}

impl PreviewLook<'_> {
    /// Writes the records of one pull request, for each service. A record that cannot be written is no reason not to
    /// write the others.
    pub async fn record(
        &self,
        numbered: Vec<(Candidate, u32)>,
        present: &PullRequests,
    ) -> Result<Vec<Written>> {
        let mut next = Vec::new();
        let mut written = Vec::new();
        for (candidate, number) in numbered {
            let earlier = match &candidate.newest {
                Some(_) => pushes::newest_below(self.store(), &candidate.service, number).await?,
                None => None,
            };
            let found = candidate.find(self.store(), present, earlier.as_ref(), self.days).await?;
            match found {
                Some(found) => next.push(Next { candidate, number, earlier, found }),
                None => written.push(Written { candidate, record: Ok(None), ending: None }),
            }
        }
        let changes = match self.changes(&next).await {
            Ok(changes) => changes,
            Err(error) if self.occasion.pull_request.is_some() => return Err(error),
            Err(error) => {
                // A push can make it fail, which must not keep other pull requests from being looked at.
                let error = format!("{error}");
                written.extend(next.into_iter().map(|Next { candidate, .. }| Written {
                    candidate,
                    record: Err(Error::internal("look at the head", &error)),
                    ending: None,
                }));
                return Ok(written);
            }
        };
        written.extend(join_all(next.into_iter().map(|next| self.write(next, &changes))).await);
        Ok(written)
    }

    /// Asks GitHub about the head, unless each service has seen it: one request, and another one unless its message asks
    /// for no build.
    async fn changes(&self, next: &[Next]) -> Result<Changes> {
        let unseen = next.iter().find_map(|next| next.found.comparison(next.earlier.as_ref()));
        let Some((base, head)) = unseen else {
            return Ok(Changes { head: None, comparison: Comparison::Everything });
        };
        let (github, at) = (self.repository.github, self.repository.at());
        let private = self.repository.is_private();
        let (commit, is_skipped) = match commit(github, &at, private, head).await {
            Ok(Head::Commit { summary, message }) => (summary, says_skip(&message)),
            // A record that is never written would cost a number each time.
            Ok(Head::Missing) => (CommitSummary::new(head.clone(), "", None), false),
            Err(_) if self.occasion.processing == Processing::Late => {
                (CommitSummary::new(head.clone(), "", None), false)
            }
            Err(error) => return Err(error),
        };
        let found = FoundHead { commit, is_skipped, file: None };
        let comparison = match found.is_skipped {
            true => Comparison::Everything,
            false => {
                let comparing = changed_files(github, &at, private, base, head);
                self.repository.in_time(comparing, self.occasion.processing).await?
            }
        };
        Ok(Changes { head: Some(found), comparison })
    }

    async fn write(&self, next: Next, changes: &Changes) -> Written {
        let mut ending = None;
        let record = self.try_write(&next, changes, &mut ending).await;
        Written { candidate: next.candidate, record: record.map(Some), ending }
    }

    /// At most six writes, and two more for a place: see [`seen::note`], [`add_item`] and
    /// [`pushes::write`].
    async fn try_write(
        &self,
        next: &Next,
        changes: &Changes,
        ending: &mut Option<Ending>,
    ) -> Result<PushRecord> {
        let Next { candidate, number, earlier, .. } = next;
        let (store, service) = (self.store(), &candidate.service);
        let watched = service.source.watched();
        let Changes { head, comparison } = changes;
        let finding = next.found.finding(earlier.as_ref(), head.as_ref(), comparison, &watched);
        let finding = finding.ok_or_else(|| Error::internal("GitHub", "the head is unknown"))?;
        let mut record = self.next_record(next, finding, changes);
        if next.running().is_none() {
            // Another preview may have taken it since.
            record.preview_place = None;
        }
        let needs_place = record.target.is_some()
            && !record.outcome.is_problem()
            && (record.own_target().is_some() || record.preview_place.is_none());
        let room = match needs_place {
            true => places::hold(store, service, &record).await?,
            false => Room::Held,
        };
        match &room {
            Room::Held => {}
            Room::Taken(_) => record.preview_place = Some(*number),
            Room::Full => {
                let full = Finding::Problem(PushOutcome::TooManyPreviews);
                record = self.next_record(next, full, changes);
            }
        }
        seen::note(store, service.project, &service.name, candidate.number).await?;
        if let (None, Some(target)) = (running(&record), next.running()) {
            let item = add_item(store, service.pushes()).await?;
            *ending = Some(Ending { target: target.key(), at: record.at, item });
        }
        if let Room::Taken(place) = &room
            && !place.is_valid()
        {
            return Err(Error::too_slow("start a preview"));
        }
        let earlier = earlier.as_ref().map_or(number.saturating_sub(1), |earlier| earlier.number);
        pushes::write(store, service, &record, earlier).await?;
        if let Room::Taken(place) = room {
            place.settle(store).await?;
        }
        Ok(record)
    }

    fn next_record(&self, next: &Next, finding: Finding, changes: &Changes) -> PushRecord {
        let Next { candidate, number, earlier, found } = next;
        let at = if self.occasion.work.is_some() { self.occasion.at } else { now() };
        let look = candidate.look(*number, at, found.summary.clone(), self.occasion.work);
        let watched = candidate.service.source.watched();
        PushRecord::next(look, earlier.as_ref(), finding, &changes.comparison, &watched)
    }
}

impl Next {
    /// What was built or deployed until now.
    fn running(&self) -> Option<&PushTarget> {
        running(self.earlier.as_ref()?)
    }
}

/// What is built and, if previews are, deployed after a record.
fn running(record: &PushRecord) -> Option<&PushTarget> {
    match preview_goal(PreviewMode::Deploy, Some(record), true) {
        PreviewGoal::Nothing => None,
        PreviewGoal::Unchanged | PreviewGoal::Target(_) => record.target.as_ref(),
    }
}
