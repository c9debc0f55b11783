//! The logs of a build's jobs. GitHub has a job's log only once the job has ended.

use crate::github::{GitHub, job_log};
use nokube_domain::{Problem, ProblemKind, builds::BuildState};
use nokube_edge::{BoxBody, Error, Result};

/// The jobs of the current run that have ended, in GitHub's order.
pub fn ended_jobs(state: &BuildState) -> Vec<u64> {
    let Some(run) = state.current_run() else {
        return Vec::new();
    };
    let ended = state.jobs.of_run(run).filter(|(_, job)| job.phase.conclusion().is_some());
    ended.map(|(id, _)| id).collect()
}

/// Opens a job's log.
///
/// # Errors
/// GitHub has deleted the log, or does not respond.
pub async fn open(github: &GitHub, job: u64) -> Result<BoxBody> {
    job_log(github, job).await?.ok_or_else(|| {
        Error::from(Problem::new(
            ProblemKind::NotFound,
            "The log is not there any more: GitHub keeps logs for a limited time only.",
        ))
    })
}
