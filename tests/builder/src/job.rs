//! What tests ask about a job that has run.

pub use nokube_dev_runner::job::{BUILDER_REPOSITORY, RUNNER_VARIABLES, SOURCE_TOKEN};
use nokube_dev_runner::{job, output::Output};

/// The result of a job.
pub struct JobResult {
    /// The name of the step that failed.
    pub failed_step: Option<String>,
    /// By the names of the steps, in order.
    pub outputs: Vec<(String, Output)>,
    /// The log as GitHub shows it.
    pub shown_log: String,
}

impl JobResult {
    pub(crate) fn new(result: job::JobResult, shown_log: String) -> Self {
        Self { failed_step: result.failed_step, outputs: result.outputs, shown_log }
    }

    pub fn log(&self) -> String {
        self.outputs.iter().map(|(name, output)| format!("# {name}\n{}", output.text)).collect()
    }

    /// Whether the step ran, and was not skipped.
    pub fn has_run(&self, step: &str) -> bool {
        self.outputs.iter().any(|(name, _)| name == step)
    }

    /// The workflow commands of all steps that begin with `::NAME`.
    pub fn commands(&self, name: &str) -> Vec<&str> {
        let commands = self.outputs.iter().flat_map(|(_, output)| &output.commands);
        let prefix = format!("::{name}");
        commands.map(String::as_str).filter(|command| command.starts_with(&prefix)).collect()
    }

    #[track_caller]
    pub fn assert_success(&self) {
        assert_eq!(self.failed_step, None, "{}", self.log());
    }
}
