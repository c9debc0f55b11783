//! Everything that is stored about a build.

use super::{BuildRecord, JobsRecord, LONGEST_CAPACITY_WAIT, LONGEST_WAIT, RunKey, RunRecord};
use crate::{Timestamp, image::Digest};
use serde::{Deserialize, Serialize};

/// How far GitHub's clock may be behind ours, in seconds.
const MAX_CLOCK_DIFFERENCE: i64 = 3600;

/// A request to cancel an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    pub attempt: u32,
    #[serde(rename = "at")]
    pub requested_at: Timestamp,
    /// It was requested because a later push has another commit, and not by a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
}

impl CancelRequest {
    /// A person's request.
    pub fn new(attempt: u32, requested_at: Timestamp) -> Self {
        Self { attempt, requested_at, superseded: false }
    }
}

/// All stored records of a build.
#[derive(Clone, Debug)]
pub struct BuildState {
    pub record: BuildRecord,
    pub run: RunRecord,
    pub jobs: JobsRecord,
    pub cancel_request: Option<CancelRequest>,
    /// When GitHub was last polled about this build.
    pub last_polled_at: Option<Timestamp>,
}

impl BuildState {
    /// A build whose jobs are not known, without a cancel request.
    pub fn new(record: BuildRecord, run: RunRecord) -> Self {
        let jobs = JobsRecord::new(record.id);
        Self { record, run, jobs, cancel_request: None, last_polled_at: None }
    }

    /// When the current attempt was requested at GitHub; after a limit, when that was or is to be repeated.
    pub fn attempt_requested_at(&self) -> Timestamp {
        let requests = &self.run.attempt_requests;
        let of_attempt = || requests.get(&self.run.attempt());
        if let Some(request) = self.run.pending_request().or_else(of_attempt) {
            return request.sent_at();
        }
        // A later attempt without a request was started at GitHub.
        let run = self.run.latest_run().filter(|_| self.run.attempt() > 1);
        let started_at = run.and_then(|(_, run)| self.plausible(run.started_at));
        self.record.created_at.max(started_at.unwrap_or(self.record.created_at))
    }

    /// The second (since 1970) from which the current attempt counts as never started if it has no run.
    pub(super) fn start_deadline(&self, grace: i64) -> i64 {
        let (from, longest) = match self.run.pending_request() {
            Some(request) if request.is_waiting_for_capacity() => {
                (request.requested_at, LONGEST_CAPACITY_WAIT)
            }
            // After it waited for capacity, it has waited for the limit since it was dispatched.
            Some(request) if request.waits_until().is_some() => {
                (request.dispatched_at.unwrap_or(request.requested_at), LONGEST_WAIT)
            }
            _ => (self.attempt_requested_at(), grace),
        };
        from.as_second().saturating_add(longest)
    }

    /// Until when GitHub limits the platform's requests, if the current attempt waits for that at `now`.
    pub fn limited_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.run.pending_request()?.waits_until().filter(|until| *until > now)
    }

    /// `time` if it can be a time of this build: GitHub writes the year 1 for "not set".
    pub(super) fn plausible(&self, time: Option<Timestamp>) -> Option<Timestamp> {
        let earliest = self.record.created_at.as_second().saturating_sub(MAX_CLOCK_DIFFERENCE);
        time.filter(|time| time.as_second() >= earliest)
    }

    /// The run of the current attempt, if GitHub has reported one.
    pub fn current_run(&self) -> Option<RunKey> {
        match self.run.pending_request() {
            Some(_) => None,
            None => self.run.latest_run().map(|(key, _)| key),
        }
    }

    /// The image digest that a package event reported, if it is this build's image, pushed by the
    /// current run.
    pub fn pushed_digest(&self) -> Option<Digest> {
        let pushed = self.run.image_pushed.as_ref()?;
        let is_own_package = pushed.package == self.record.image_repository();
        let run_started_at = self.current_run().and_then(|key| self.run.runs.get(&key)?.started_at);
        let is_current = pushed.at >= run_started_at.unwrap_or(self.record.created_at);
        (is_own_package && is_current).then(|| pushed.digest.clone())
    }

    /// The cancel request, if it is for the current attempt.
    pub fn current_cancel_request(&self) -> Option<&CancelRequest> {
        self.cancel_request.as_ref().filter(|request| request.attempt == self.run.attempt())
    }

    /// Whether a later push has replaced the current attempt.
    pub fn is_superseded(&self) -> bool {
        let is_requested = self.current_cancel_request().is_some_and(|request| request.superseded);
        let request = self.run.attempt_requests.get(&self.run.attempt());
        is_requested || request.is_some_and(|request| request.superseded)
    }

    /// True if the current run has ended.
    pub fn has_ended(&self) -> bool {
        self.ended_at().is_some()
    }

    /// When the current run ended.
    pub(super) fn ended_at(&self) -> Option<Timestamp> {
        let run = self.run.runs.get(&self.current_run()?)?;
        run.phase.conclusion()?;
        self.plausible(run.ended_at).or(self.run.updated_at).or(Some(self.record.created_at))
    }
}
