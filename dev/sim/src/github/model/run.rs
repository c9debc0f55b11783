//! Workflow runs with their attempts, jobs and steps. `lifecycle` has their transitions.

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
pub struct WorkflowRun {
    pub id: u64,
    /// Counts from 1 within the workflow.
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
    /// Whether the API shows the run yet.
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
    /// None after a startup failure.
    pub job: Option<WorkflowJob>,
    /// Whether a cancel was requested.
    pub cancelling: bool,
    /// Whether it waits for its release at a [`super::HoldPoint`].
    pub held: bool,
    /// A released attempt is not held again.
    #[serde(skip)]
    pub(crate) is_released: bool,
    /// The newest timer. Older ones have no effect.
    #[serde(skip)]
    pub(crate) timer_id: u32,
    #[serde(skip)]
    pub(crate) planned_conclusion: Conclusion,
}

#[derive(Debug, Clone, Serialize)]
pub struct WorkflowJob {
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
    /// Whether its `if:` condition is false.
    #[serde(skip)]
    pub(crate) is_skipped: bool,
}

impl WorkflowRun {
    /// Empty if the run has no such input.
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

    /// Some for every run in the model.
    #[must_use]
    pub fn latest(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The image without its registry: `namespace/name`. Empty if the run builds no image.
    #[must_use]
    pub fn package(&self) -> &str {
        self.input("image").split_once('/').map_or("", |(_, name)| name)
    }
}

impl Attempt {
    #[must_use]
    pub fn is_completed(&self) -> bool {
        self.status == Status::Completed
    }

    pub(crate) fn running_step(&self) -> Option<&str> {
        let steps = &self.job.as_ref()?.steps;
        steps.iter().find(|step| step.status == Status::InProgress).map(|step| step.name.as_str())
    }
}

impl WorkflowJob {
    /// Completes the running step and starts the next one. Returns false if none is left.
    pub(crate) fn start_next_step(&mut self, now: Timestamp) -> bool {
        for step in &mut self.steps {
            if step.status == Status::InProgress {
                step.complete(Conclusion::Success, now);
            }
        }
        for step in self.steps.iter_mut().filter(|step| step.status == Status::Queued) {
            if step.is_skipped {
                step.complete(Conclusion::Skipped, now);
                continue;
            }
            step.status = Status::InProgress;
            step.started_at = Some(now);
            return true;
        }
        false
    }

    /// Completes the job and its running step with `conclusion`. Later steps are skipped.
    pub(crate) fn complete(&mut self, conclusion: Conclusion, now: Timestamp) {
        let last = self.steps.len();
        for (index, step) in self.steps.iter_mut().enumerate() {
            match step.status {
                Status::Completed => {}
                Status::InProgress => step.complete(conclusion, now),
                Status::Queued if step.is_skipped => step.complete(Conclusion::Skipped, now),
                // The last step, GitHub's clean-up, runs in any case.
                Status::Queued if conclusion == Conclusion::Success || index + 1 == last => {
                    step.complete(Conclusion::Success, now);
                }
                Status::Queued => step.complete(Conclusion::Skipped, now),
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
            is_skipped: false,
        }
    }

    pub(crate) fn complete(&mut self, conclusion: Conclusion, now: Timestamp) {
        self.status = Status::Completed;
        self.started_at = self.started_at.or(Some(now));
        self.completed_at = Some(now);
        // Steps have fewer conclusions than jobs.
        self.conclusion = Some(match conclusion {
            Conclusion::Success | Conclusion::Skipped | Conclusion::Cancelled => conclusion,
            Conclusion::TimedOut => Conclusion::Cancelled,
            _ => Conclusion::Failure,
        });
    }
}

/// The steps of a run that NoKube did not dispatch.
pub(crate) fn unrelated_steps() -> Vec<Step> {
    let names = (1_u32..).zip(["Set up job", "Run tests", "Complete job"]);
    names.map(|(number, name)| Step::new(number, name)).collect()
}
