//! The stored record of the jobs and steps of a build's runs. It is merged like [`super::RunRecord`].

use super::{Conclusion, Phase, RunKey, merge::merge_entries};
use crate::{BuildId, Timestamp, UnknownFields};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepState {
    pub name: String,
    pub phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl StepState {
    fn merge(&mut self, other: Self) {
        // GitHub adds steps while a job runs, but never renames one. Any deterministic choice will do.
        if other.name > self.name {
            self.name = other.name;
        }
        self.phase = self.phase.max(other.phase);
        self.started_at = self.started_at.max(other.started_at);
        self.ended_at = self.ended_at.max(other.ended_at);
        self.unknown_fields.merge(other.unknown_fields);
    }
}

/// The state of a job. A job belongs to one attempt of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    pub run: RunKey,
    pub phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// By GitHub's step number.
    pub steps: BTreeMap<u32, StepState>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl JobState {
    fn merge(&mut self, other: Self) {
        self.run = self.run.max(other.run);
        self.phase = self.phase.max(other.phase);
        self.started_at = self.started_at.max(other.started_at);
        self.ended_at = self.ended_at.max(other.ended_at);
        merge_entries(&mut self.steps, other.steps, StepState::merge);
        self.unknown_fields.merge(other.unknown_fields);
    }
}

/// The jobs of a build's runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobsRecord {
    /// The build; see [`super::RunRecord::build_id`].
    #[serde(rename = "of")]
    pub build_id: BuildId,
    /// By GitHub's job id.
    pub jobs: BTreeMap<u64, JobState>,
    /// When a merge last changed the record.
    #[serde(default, rename = "heard_at", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// ETag of GitHub's last list of jobs. A conditional request with it does not count against
    /// GitHub's rate limit while nothing has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl JobsRecord {
    /// An empty record.
    pub fn new(build_id: BuildId) -> Self {
        Self::with_jobs(build_id, BTreeMap::new())
    }

    /// A record with these jobs, by GitHub's job id.
    pub fn with_jobs(build_id: BuildId, jobs: BTreeMap<u64, JobState>) -> Self {
        Self {
            build_id,
            jobs,
            updated_at: None,
            etag: None,
            unknown_fields: UnknownFields::default(),
        }
    }

    /// The stored record, if it belongs to this build; else an empty one.
    pub fn stored_or_new(build_id: BuildId, stored: Option<Self>) -> Self {
        stored.filter(|record| record.build_id == build_id).unwrap_or_else(|| Self::new(build_id))
    }

    #[must_use]
    pub fn with_updated_at(self, at: Timestamp) -> Self {
        Self { updated_at: Some(at), ..self }
    }

    /// Merges `other` into this record and returns whether that changed the jobs. A record of another
    /// build is ignored.
    pub fn merge(&mut self, other: Self) -> bool {
        if self.build_id != other.build_id {
            return false;
        }
        let before = (self.jobs.clone(), self.unknown_fields.clone());
        merge_entries(&mut self.jobs, other.jobs, JobState::merge);
        self.unknown_fields.merge(other.unknown_fields);
        let is_changed = self.jobs != before.0 || self.unknown_fields != before.1;
        if is_changed {
            self.updated_at = self.updated_at.max(other.updated_at);
            if other.etag.is_some() {
                self.etag = other.etag;
            }
        }
        is_changed
    }

    /// The jobs of one attempt, with their ids, in GitHub's order.
    pub fn of_run(&self, run: RunKey) -> impl Iterator<Item = (u64, &JobState)> {
        self.jobs.iter().filter(move |(_, job)| job.run == run).map(|(id, job)| (*id, job))
    }

    /// True if jobs of the attempt are known and all of them have ended.
    pub fn is_complete(&self, run: RunKey) -> bool {
        let mut jobs = self.of_run(run).peekable();
        jobs.peek().is_some() && jobs.all(|(_, job)| job.phase.conclusion().is_some())
    }

    /// The name and conclusion of the first failed step of an attempt.
    pub fn failed_step(&self, run: RunKey) -> Option<(&str, Conclusion)> {
        self.of_run(run).flat_map(|(_, job)| job.steps.values()).find_map(|step| {
            match step.phase.conclusion()? {
                failure @ (Conclusion::Failure | Conclusion::TimedOut) => {
                    Some((step.name.as_str(), failure))
                }
                _ => None,
            }
        })
    }
}
