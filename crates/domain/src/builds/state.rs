//! Everything that is stored about a build.

use super::{BuildRecord, JobsRecord, RunKey, RunRecord};
use crate::{Timestamp, image::Digest};
use serde::{Deserialize, Serialize};

/// A user's request to cancel an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    pub attempt: u32,
    #[serde(rename = "at")]
    pub requested_at: Timestamp,
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

    /// When the current attempt was requested.
    pub fn attempt_requested_at(&self) -> Timestamp {
        self.run.pending_request().map_or(self.record.created_at, |request| request.requested_at)
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

    /// True if the current run has ended.
    pub fn has_ended(&self) -> bool {
        self.ended_at().is_some()
    }

    /// When the current run ended.
    pub(super) fn ended_at(&self) -> Option<Timestamp> {
        let run = self.run.runs.get(&self.current_run()?)?;
        run.phase.conclusion()?;
        run.ended_at.or(self.run.updated_at).or(Some(self.record.created_at))
    }
}
