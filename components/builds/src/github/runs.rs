//! Starts, reruns and cancels workflow runs.

use super::{
    client::{GitHub, upstream_error},
    tokens::TokenError,
};
use http::StatusCode;
use nokube_domain::{
    BuildId, ProblemKind, Timestamp,
    builds::{BuildRecord, CancelMode, Phase, RunKey, RunRecord, RunState},
};
use nokube_edge::{Error, Result, now, warn};
use nokube_github::{
    Response,
    error::{self, ErrorKind, error_kind},
    redirect::moved_to,
    responses,
};

/// Starts a build's workflow. The returned record holds the run, GitHub's rejection, or until when GitHub limits
/// requests. It is empty if it is unknown whether GitHub started a run: then nothing is dispatched again, and later
/// reads search for the run.
///
/// # Errors
/// Only the platform's own; a rejection by GitHub is part of the returned record.
pub async fn dispatch(github: &GitHub, build: &BuildRecord, attempt: u32) -> Result<RunRecord> {
    let api = &github.settings.api;
    let rejected = |reason| RunRecord::with_rejection(build.id, attempt, now(), reason);
    if let Some(record) = without_token(github, build.id, attempt).await? {
        return Ok(record);
    }
    let response = match github.call_builder(|token| api.dispatch(build, token)).await {
        Ok(response) => response,
        Err(Error::Problem(problem)) => {
            // GitHub did not respond, so it may have started the run; or there was no token after all.
            let is_unknown = problem.kind == ProblemKind::UpstreamUnavailable;
            return Ok(if is_unknown {
                RunRecord::new(build.id)
            } else {
                rejected(problem.detail)
            });
        }
        Err(error) => return Err(error),
    };
    let status = response.status();
    let record = if status.is_success() {
        let queued = RunState::new(Phase::Queued);
        responses::dispatched_run(&response)
            .map_or(RunRecord::new(build.id), |key| RunRecord::with_run(build.id, key, queued))
    } else if status.is_server_error() {
        RunRecord::new(build.id)
    } else if let Some(limited) = limited(build.id, attempt, &response) {
        limited
    } else {
        let reason = error::dispatch_error(&response, api);
        warn(format_args!("GitHub rejected the dispatch of {}: {status} {reason}", build.id));
        rejected(reason)
    };
    Ok(record.with_builder_repository(moved_to(&response)))
}

/// The record of an attempt for which there is no token: then nothing is sent, so it is certain that no run exists.
/// `None` if there is a token.
async fn without_token(github: &GitHub, build: BuildId, attempt: u32) -> Result<Option<RunRecord>> {
    let error = match github.fetch_builder_token().await {
        Ok(()) => return Ok(None),
        Err(error) => error,
    };
    if let TokenError::Refused(response) = &error
        && let Some(limited) = limited(build, attempt, response)
    {
        return Ok(Some(limited));
    }
    match error.into() {
        Error::Problem(problem) => {
            Ok(Some(RunRecord::with_rejection(build, attempt, now(), problem.detail)))
        }
        error => Err(error),
    }
}

/// The record of an attempt that GitHub did not accept because of its rate limits, if `response` says so.
fn limited(build: BuildId, attempt: u32, response: &Response) -> Option<RunRecord> {
    let at = now();
    let ErrorKind::RateLimited(seconds) = error_kind(response, at.as_second()) else { return None };
    let until = at.as_second().saturating_add(i64::try_from(seconds).ok()?);
    warn(format_args!("GitHub limits requests: {build} waits for {seconds} seconds"));
    Some(RunRecord::with_limit(build, attempt, at, Timestamp::from_second(until).ok()?))
}

/// Reruns an ended run. Returns what is known of the new attempt: a rejection, a limit, or nothing.
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
    if let Some(record) = without_token(github, build.id, attempt).await? {
        return Ok(record);
    }
    let response = match github.call_builder(|token| api.rerun(run.run_id, token)).await {
        Ok(response) => response,
        Err(Error::Problem(_)) => return Ok(RunRecord::new(build.id)),
        Err(error) => return Err(error),
    };
    let status = response.status();
    if status.is_success() || status.is_server_error() {
        return Ok(RunRecord::new(build.id));
    }
    if let Some(limited) = limited(build.id, attempt, &response) {
        return Ok(limited);
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
