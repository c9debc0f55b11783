//! Workflow runs with their attempts, jobs and steps. `lifecycle` has their transitions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::builder_workflow::{self, BUILDPACKS_BUILD_STEP, DOCKERFILE_BUILD_STEP};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Queued,
    InProgress,
    Completed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// A run of the builder workflow.
#[derive(Debug, Clone)]
pub struct WorkflowRun {
    pub id: u64,
    /// Counts from 1.
    pub number: usize,
    pub head_branch: String,
    pub head_sha: String,
    pub actor: String,
    pub inputs: BTreeMap<String, String>,
    pub created_at: Timestamp,
    /// Whether the API shows the run yet.
    pub visible: bool,
    /// Completed attempts, oldest first.
    pub earlier: Vec<Attempt>,
    pub latest: Attempt,
    /// The newest timer. Older ones have no effect.
    pub(super) timer_id: u32,
}

#[derive(Debug, Clone)]
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
    pub(super) is_released: bool,
    pub(super) planned_conclusion: Conclusion,
}

#[derive(Debug, Clone)]
pub struct WorkflowJob {
    pub id: u64,
    pub name: String,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub created_at: Timestamp,
    pub started_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub steps: Vec<Step>,
    /// What a runner outside of the simulation wrote, line by line.
    pub(super) written_log: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Step {
    pub name: String,
    pub number: u32,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// Whether its `if:` condition is false.
    pub(super) is_skipped: bool,
}

impl WorkflowRun {
    /// Empty if the run has no such input.
    pub fn input(&self, name: &str) -> &str {
        self.inputs.get(name).map_or("", String::as_str)
    }

    pub fn title(&self) -> String {
        builder_workflow::run_name(self.input("build_id"))
    }

    /// All attempts, oldest first.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.earlier.iter().chain([&self.latest])
    }

    /// The image without its registry: `namespace/name`.
    pub fn package(&self) -> &str {
        self.input("image").split_once('/').map_or("", |(_, name)| name)
    }
}

impl Attempt {
    pub fn is_completed(&self) -> bool {
        self.status == Status::Completed
    }

    /// Whether the step that builds the image is running.
    pub(super) fn is_building(&self) -> bool {
        self.is_at(DOCKERFILE_BUILD_STEP) || self.is_at(BUILDPACKS_BUILD_STEP)
    }

    /// Whether this step is running.
    pub(super) fn is_at(&self, step: &str) -> bool {
        self.job.as_ref().is_some_and(|job| job.running_step() == Some(step))
    }
}

impl WorkflowJob {
    pub(super) fn running_step(&self) -> Option<&str> {
        let mut steps = self.steps.iter();
        steps.find(|step| step.status == Status::InProgress).map(|step| step.name.as_str())
    }

    /// Completes the running step and starts the next one. Returns false if none is left.
    pub(super) fn start_next_step(&mut self, now: Timestamp) -> bool {
        for step in &mut self.steps {
            match step.status {
                Status::Completed => {}
                Status::InProgress => step.complete(Conclusion::Success, now),
                Status::Queued if step.is_skipped => step.complete(Conclusion::Skipped, now),
                Status::Queued => {
                    step.status = Status::InProgress;
                    step.started_at = Some(now);
                    return true;
                }
            }
        }
        false
    }

    /// Completes the job and its running step with `conclusion`. Later steps are skipped.
    pub(super) fn complete(&mut self, conclusion: Conclusion, now: Timestamp) {
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
    pub(super) fn complete(&mut self, conclusion: Conclusion, now: Timestamp) {
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
