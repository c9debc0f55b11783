//! What a runner outside of the simulation reports about its job.

use std::fmt::Write;

use jiff::Timestamp;

use super::job_log::timestamp;
use super::run::{Conclusion, Status, Step, WorkflowJob, WorkflowRun};
use super::{Effect, Model};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobReport {
    /// A machine runs the job from now on.
    Started,
    /// By its name in the workflow.
    StepStarted(String),
    /// Its `if:` condition is false.
    StepSkipped(String),
    /// The step that is running has ended.
    StepCompleted(Conclusion),
    /// A line for the log.
    Line(String),
    Completed(Conclusion),
}

impl Model {
    /// Changes the run as the report says. Reports about an attempt that is completed have no effect.
    pub fn report(
        &mut self,
        id: u64,
        attempt: u32,
        report: JobReport,
        now: Timestamp,
    ) -> Vec<Effect> {
        let result = self.change_run(id, |_, run| {
            let is_current = run.latest.number == attempt && !run.latest.is_completed();
            Ok(if is_current { run.apply(report, now) } else { Vec::new() })
        });
        result.unwrap_or_default()
    }

    /// Whether the attempt is cancelled or completed.
    pub fn is_stopped(&self, id: u64, attempt: u32) -> bool {
        let latest = self.runs.get(&id).map(|run| &run.latest);
        latest.is_none_or(|latest| {
            latest.number != attempt || latest.cancelling || latest.is_completed()
        })
    }
}

impl WorkflowRun {
    fn apply(&mut self, report: JobReport, now: Timestamp) -> Vec<Effect> {
        self.latest.updated_at = now;
        let Some(job) = self.latest.job.as_mut() else { return Vec::new() };
        match report {
            JobReport::Started => {
                job.status = Status::InProgress;
                job.started_at = now;
                self.latest.status = Status::InProgress;
                return self.events("in_progress", "in_progress");
            }
            JobReport::StepStarted(name) => {
                if let Some(step) = job.queued_step(&name) {
                    step.status = Status::InProgress;
                    step.started_at = Some(now);
                }
            }
            JobReport::StepSkipped(name) => {
                if let Some(step) = job.queued_step(&name) {
                    step.complete(Conclusion::Skipped, now);
                }
            }
            JobReport::StepCompleted(conclusion) => {
                let running = job.steps.iter_mut().find(|step| step.status == Status::InProgress);
                if let Some(step) = running {
                    step.complete(conclusion, now);
                }
            }
            JobReport::Line(line) => {
                let log = job.written_log.get_or_insert_default();
                let _ = writeln!(log, "{} {line}", timestamp(now));
            }
            JobReport::Completed(conclusion) => return self.complete(conclusion, now),
        }
        Vec::new()
    }
}

impl WorkflowJob {
    fn queued_step(&mut self, name: &str) -> Option<&mut Step> {
        self.steps.iter_mut().find(|step| step.name == name && step.status == Status::Queued)
    }
}
