//! The jobs document: jobs and steps of a build's runs, as a join as well.

use super::{Conclusion, Phase, RunKey};
use crate::{BuildId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known about a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFacts {
    pub name: String,
    pub phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What is known about a job; a job belongs to one attempt of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFacts {
    pub run: RunKey,
    pub phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// By GitHub's number of the step.
    pub steps: BTreeMap<u32, StepFacts>,
}

impl JobFacts {
    fn join(&mut self, other: Self) {
        self.run = self.run.max(other.run);
        self.phase = self.phase.max(other.phase);
        self.started_at = self.started_at.max(other.started_at);
        self.ended_at = self.ended_at.max(other.ended_at);
        for (number, step) in other.steps {
            match self.steps.get_mut(&number) {
                Some(known) => {
                    // GitHub adds steps while a job runs and never renames one; the greater name
                    // is as good as any rule for what does not happen.
                    if step.name > known.name {
                        known.name = step.name;
                    }
                    known.phase = known.phase.max(step.phase);
                    known.started_at = known.started_at.max(step.started_at);
                    known.ended_at = known.ended_at.max(step.ended_at);
                }
                None => {
                    self.steps.insert(number, step);
                }
            }
        }
    }
}

/// What is known about the jobs of a build's runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobsDoc {
    /// The build that this is about; see [`super::RunDoc::of`].
    pub of: BuildId,
    /// By GitHub's number of the job.
    pub jobs: BTreeMap<u64, JobFacts>,
    /// When something new was last learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// The validator of the answer that GitHub last gave: asking with it costs nothing as long as
    /// nothing has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

impl JobsDoc {
    /// A document that knows these jobs.
    pub fn new(of: BuildId, jobs: BTreeMap<u64, JobFacts>) -> Self {
        Self { of, jobs, heard_at: None, etag: None }
    }

    /// What is stored where the document of `of` belongs, if it is about that build; else nothing yet.
    pub fn about(of: BuildId, stored: Option<Self>) -> Self {
        stored.filter(|doc| doc.of == of).unwrap_or_else(|| Self::new(of, BTreeMap::new()))
    }

    /// This document, learned at `at`.
    pub fn heard(self, at: Timestamp) -> Self {
        Self { heard_at: Some(at), ..self }
    }

    /// Learns what `other` knows; says whether that was anything new. Of another build nothing is
    /// learned.
    pub fn learn(&mut self, other: Self) -> bool {
        if self.of != other.of {
            return false;
        }
        let before = self.jobs.clone();
        for (id, job) in other.jobs {
            match self.jobs.get_mut(&id) {
                Some(known) => known.join(job),
                None => {
                    self.jobs.insert(id, job);
                }
            }
        }
        let new = self.jobs != before;
        if new {
            self.heard_at = self.heard_at.max(other.heard_at);
            if other.etag.is_some() {
                self.etag = other.etag;
            }
        }
        new
    }

    /// The jobs of one attempt, in GitHub's order.
    pub fn of_run(&self, run: RunKey) -> impl Iterator<Item = (u64, &JobFacts)> {
        self.jobs.iter().filter(move |(_, job)| job.run == run).map(|(id, job)| (*id, job))
    }

    /// Is everything known about an attempt that has ended: its jobs, and each of them ended?
    pub fn complete(&self, run: RunKey) -> bool {
        let mut jobs = self.of_run(run).peekable();
        jobs.peek().is_some() && jobs.all(|(_, job)| job.phase.ended().is_some())
    }

    /// The name and the end of the first step that failed in an attempt.
    pub fn failed_step(&self, run: RunKey) -> Option<(&str, Conclusion)> {
        self.of_run(run).flat_map(|(_, job)| job.steps.values()).find_map(|step| {
            match step.phase.ended()? {
                bad @ (Conclusion::Failure | Conclusion::TimedOut) => {
                    Some((step.name.as_str(), bad))
                }
                _ => None,
            }
        })
    }
}
