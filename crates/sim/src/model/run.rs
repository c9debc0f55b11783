//! Runs, their attempts, jobs and steps: the values, without their transitions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Queued,
    InProgress,
    Completed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    Success,
    Failure,
    Cancelled,
    TimedOut,
    StartupFailure,
    ActionRequired,
    Neutral,
    Skipped,
    Stale,
}

#[derive(Debug, Clone, Serialize)]
pub struct Run {
    pub id: u64,
    /// Counts within the workflow.
    pub number: u64,
    /// `owner/name`
    pub repository: String,
    pub workflow_id: u64,
    pub workflow_name: String,
    pub path: String,
    pub event: String,
    pub title: String,
    pub head_branch: String,
    pub head_sha: String,
    pub actor: String,
    pub inputs: BTreeMap<String, String>,
    pub created_at: Timestamp,
    /// Whether the API shows it already.
    pub visible: bool,
    pub attempts: Vec<Attempt>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub number: u32,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
    /// None when the run never came as far as having one.
    pub job: Option<Job>,
    pub cancelling: bool,
    /// It waits for its release.
    pub held: bool,
    #[serde(skip)]
    pub(crate) released: bool,
    /// Only the newest timer may move the attempt on.
    #[serde(skip)]
    pub(crate) turn: u32,
    /// How it is going to end.
    #[serde(skip)]
    pub(crate) outcome: Conclusion,
}

#[derive(Debug, Clone, Serialize)]
pub struct Job {
    pub id: u64,
    pub name: String,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub created_at: Timestamp,
    pub started_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub name: String,
    pub number: u32,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// Its `if:` is false.
    #[serde(skip)]
    pub(crate) skip: bool,
}

impl Run {
    #[must_use]
    pub fn input(&self, name: &str) -> &str {
        self.inputs.get(name).map_or("", String::as_str)
    }

    #[must_use]
    pub fn attempt(&self, number: u32) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.number == number)
    }

    pub(crate) fn attempt_mut(&mut self, number: u32) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.number == number)
    }

    /// Every run has one.
    #[must_use]
    pub fn latest(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The image without its registry, as the registry names it: `namespace/name`.
    #[must_use]
    pub fn package(&self) -> &str {
        self.input("image").split_once('/').map_or("", |(_, name)| name)
    }
}

impl Attempt {
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status == Status::Completed
    }

    pub(crate) fn running_step(&self) -> Option<&str> {
        let steps = &self.job.as_ref()?.steps;
        steps.iter().find(|step| step.status == Status::InProgress).map(|step| step.name.as_str())
    }
}

impl Job {
    /// Ends the running step and begins the next one; false when none is left.
    pub(crate) fn next_step(&mut self, now: Timestamp) -> bool {
        for step in &mut self.steps {
            if step.status == Status::InProgress {
                step.end(Conclusion::Success, now);
            }
        }
        for step in self.steps.iter_mut().filter(|step| step.status == Status::Queued) {
            if step.skip {
                step.end(Conclusion::Skipped, now);
                continue;
            }
            step.status = Status::InProgress;
            step.started_at = Some(now);
            return true;
        }
        false
    }

    /// Ends the job: the running step with `conclusion`, what would have come after it skipped.
    pub(crate) fn end(&mut self, conclusion: Conclusion, now: Timestamp) {
        let last = self.steps.len();
        for (index, step) in self.steps.iter_mut().enumerate() {
            match step.status {
                Status::Completed => {}
                Status::InProgress => step.end(conclusion, now),
                Status::Queued if step.skip => step.end(Conclusion::Skipped, now),
                // GitHub tidies up whatever happened before.
                Status::Queued if conclusion == Conclusion::Success || index + 1 == last => {
                    step.end(Conclusion::Success, now);
                }
                Status::Queued => step.end(Conclusion::Skipped, now),
            }
        }
        self.status = Status::Completed;
        self.conclusion = Some(conclusion);
        self.completed_at = Some(now);
    }
}

impl Step {
    pub(crate) fn new(number: u32, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            number,
            status: Status::Queued,
            conclusion: None,
            started_at: None,
            completed_at: None,
            skip: false,
        }
    }

    pub(crate) fn end(&mut self, conclusion: Conclusion, now: Timestamp) {
        self.status = Status::Completed;
        self.started_at = self.started_at.or(Some(now));
        self.completed_at = Some(now);
        // A step knows fewer words than its job.
        self.conclusion = Some(match conclusion {
            Conclusion::Success | Conclusion::Skipped | Conclusion::Cancelled => conclusion,
            Conclusion::TimedOut => Conclusion::Cancelled,
            _ => Conclusion::Failure,
        });
    }
}
