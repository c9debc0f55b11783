//! Starts, reruns and cancels workflow runs.

use super::client::{GitHub, upstream_error};
use http::StatusCode;
use nokube_domain::{
    ProblemKind,
    builds::{BuildRecord, CancelMode, Phase, RunKey, RunRecord, RunState},
};
use nokube_edge::{Error, Result, now, warn};
use nokube_github::{error, responses};

/// Starts a build's workflow. The returned record holds the run, or GitHub's rejection. It is empty if it is
/// unknown whether GitHub started a run: then nothing is dispatched again, and later reads search for the run.
///
/// # Errors
/// Only the platform's own; a rejection by GitHub is part of the returned record.
pub async fn dispatch(github: &GitHub, build: &BuildRecord, attempt: u32) -> Result<RunRecord> {
    let api = &github.settings.api;
    // Without a token nothing is sent, so it is certain that no run exists.
    if let Err(Error::Problem(problem)) = github.fetch_builder_token().await {
        return Ok(RunRecord::with_rejection(build.id, attempt, now(), problem.detail));
    }
    let response = match github.call_builder(|token| api.dispatch(build, token)).await {
        Ok(response) => response,
        Err(Error::Problem(problem)) => {
            // GitHub did not respond, so it may have started the run; or there was no token after all.
            let is_unknown = problem.kind == ProblemKind::UpstreamUnavailable;
            return Ok(match is_unknown {
                true => RunRecord::new(build.id),
                false => RunRecord::with_rejection(build.id, attempt, now(), problem.detail),
            });
        }
        Err(error) => return Err(error),
    };
    let status = response.status();
    Ok(if status.is_success() {
        let queued = RunState::new(Phase::Queued);
        responses::dispatched_run(&response)
            .map_or(RunRecord::new(build.id), |key| RunRecord::with_run(build.id, key, queued))
    } else if status.is_server_error() {
        RunRecord::new(build.id)
    } else {
        let reason = error::dispatch_error(&response, api);
        warn(format_args!("GitHub rejected the dispatch of {}: {status} {reason}", build.id));
        RunRecord::with_rejection(build.id, attempt, now(), reason)
    })
}

/// Reruns an ended run. Returns what is known of the new attempt: a rejection, or nothing.
///
/// # Errors
/// Only the platform's own; a rejection by GitHub is part of the returned record.
pub async fn rerun(
    github: &GitHub,
    build: &BuildRecord,
    run: RunKey,
    attempt: u32,
) -> Result<RunRecord> {
    let api = &github.settings.api;
    let response = match github.call_builder(|token| api.rerun(run.run_id, token)).await {
        Ok(response) => response,
        Err(Error::Problem(_)) => return Ok(RunRecord::new(build.id)),
        Err(error) => return Err(error),
    };
    let status = response.status();
    if status.is_success() || status.is_server_error() {
        return Ok(RunRecord::new(build.id));
    }
    Ok(RunRecord::with_rejection(build.id, attempt, now(), error::rerun_error(&response)))
}

/// Cancels a run. A conflict (it has ended) is no error: the run's status will say so.
///
/// # Errors
/// GitHub does not respond, or rejects the request for another reason.
pub async fn cancel(github: &GitHub, run: RunKey, mode: CancelMode) -> Result<()> {
    let api = &github.settings.api;
    let response = github.call_builder(|token| api.cancel(run.run_id, mode, token)).await?;
    match response.status() {
        status if status.is_success() => Ok(()),
        StatusCode::CONFLICT | StatusCode::NOT_FOUND => Ok(()),
        _ => Err(upstream_error(&response)),
    }
}
