//! A job that is given to a runner outside of the simulation.

use std::collections::BTreeMap;
use std::sync::Weak;

use super::model::reports::JobReport;
use super::model::run::WorkflowRun;
use super::server_state::ServerState;

/// The job of an attempt of a workflow run.
pub struct Job {
    pub run: u64,
    pub attempt: u32,
    /// The inputs of the workflow.
    pub inputs: BTreeMap<String, String>,
    /// Weak, so that a job does not keep a dropped simulation alive.
    state: Weak<ServerState>,
}

impl Job {
    pub(super) fn new(run: &WorkflowRun, state: Weak<ServerState>) -> Self {
        let (attempt, inputs) = (run.latest.number, run.inputs.clone());
        Self { run: run.id, attempt, inputs, state }
    }

    /// Shows in the API, in webhooks and in the log what the runner does.
    pub fn report(&self, report: JobReport) {
        if let Some(state) = self.state.upgrade() {
            state.change(|model, now| ((), model.report(self.run, self.attempt, report, now)));
        }
    }

    /// Whether the runner is to stop: somebody cancelled the run, or the simulation has ended.
    pub fn is_cancelled(&self) -> bool {
        self.state.upgrade().is_none_or(|state| state.model().is_stopped(self.run, self.attempt))
    }
}
