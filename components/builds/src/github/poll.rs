//! Carries out a [`Plan`]: sends its requests to GitHub and the registry concurrently and returns the results.

use super::{
    client::{GitHub, parse, parsed, upstream_error},
    registry,
    runs::cancel,
};
use crate::settings::Limits;
use http::StatusCode;
use nokube_domain::{
    Timestamp,
    builds::{
        BuildRecord, BuildState, Conclusion, JobsRecord, Phase, Plan, RunKey, RunRecord, RunState,
    },
    image::Digest,
};
use nokube_edge::{Result, builds::BuildLifetime, now};
use nokube_github::responses::{self, WorkflowRun};

/// Maximum number of pages read from a search. GitHub lists at most 1,000 runs in one search.
const MAX_PAGES: u32 = 10;

/// The responses of GitHub and the registry.
#[derive(Default)]
pub struct PollResult {
    /// The runs of the build; `None` if GitHub did not respond to a search for them.
    pub run: Option<RunRecord>,
    /// `None` if GitHub did not list them.
    pub jobs: Option<JobsRecord>,
    pub digest: Option<Digest>,
}

/// Sends all requests of the plan concurrently. A failed request is no error: the build is shown as it is
/// stored, and a later read polls again.
pub async fn poll(github: &GitHub, state: &BuildState, plan: &Plan) -> PollResult {
    let (found, run, jobs, digest, _) = futures::join!(
        if_planned(plan.find_run, |window| find_run(github, &state.record, window)),
        if_planned(plan.read_run, |run| read_run(github, state, run)),
        if_planned(plan.read_jobs, |run| read_jobs(github, &state.record, run, state)),
        async {
            match plan.read_digest {
                true => registry::digest(&github.settings, &state.record).await,
                false => None,
            }
        },
        if_planned(plan.cancel, |(run, mode)| cancel(github, run, mode)),
    );
    let run = [found, run].into_iter().flatten().reduce(|mut all, runs| {
        all.merge_contents(runs);
        all
    });
    let at = now();
    PollResult {
        run: run.map(|run| run.with_updated_at(at)),
        jobs: jobs.map(|jobs| jobs.with_updated_at(at)),
        digest,
    }
}

/// The response, if the request is planned and succeeds.
async fn if_planned<A, T, F>(step: Option<A>, send: impl FnOnce(A) -> F) -> Option<T>
where
    F: Future<Output = Result<T>>,
{
    send(step?).await.ok()
}

/// Searches for the build's runs by their title.
async fn find_run(
    github: &GitHub,
    build: &BuildRecord,
    window: (Timestamp, Timestamp),
) -> Result<RunRecord> {
    let mut found = RunRecord::new(build.id);
    for page in 1..=MAX_PAGES {
        let api = &github.settings.api;
        let response = github.call_builder(|token| api.runs_between(window, page, token)).await?;
        let runs = parsed(&response, responses::runs_of_build(&response, build.id))?;
        for run in &runs {
            found.merge_contents(record_of(build, run));
        }
        let link = response.headers().get("link").and_then(|link| link.to_str().ok());
        let has_next = link.is_some_and(|link| link.contains("rel=\"next\""));
        if !runs.is_empty() || !has_next {
            break;
        }
    }
    Ok(found)
}

fn record_of(build: &BuildRecord, run: &WorkflowRun) -> RunRecord {
    let record = RunRecord::with_run(build.id, run.key(), run.facts());
    record.with_builder_repository(run.repository())
}

/// Reads a run. GitHub's 404 may be temporary (the run has just been created, or access is lost for a while).
/// It counts as a deleted run after the grace period if the workflow can be seen, otherwise after the maximum duration
/// of a build: then the builder repository is gone.
async fn read_run(github: &GitHub, state: &BuildState, key: RunKey) -> Result<RunRecord> {
    let build = &state.record;
    let response = github.call_builder(|token| github.settings.api.run(key.run_id, token)).await?;
    if response.status() != StatusCode::NOT_FOUND {
        let run: WorkflowRun = parse(&response)?;
        return Ok(record_of(build, &run));
    }
    let waited = now().as_second() - state.attempt_requested_at().as_second();
    let workflow = github.call_builder(|token| github.settings.api.workflow(token)).await?;
    // If the builder repository cannot be seen at all, the run may still exist until the maximum duration has passed.
    let longest = match workflow.status().is_success() {
        true => Limits::load().await?.timeouts.grace,
        false => BuildLifetime::load().await?.max_age,
    };
    if waited < longest {
        return Err(upstream_error(&response));
    }
    let mut deleted = RunState::new(Phase::Ended(Conclusion::Deleted));
    deleted.ended_at = Some(now());
    Ok(RunRecord::with_run(build.id, key, deleted))
}

async fn read_jobs(
    github: &GitHub,
    build: &BuildRecord,
    run: RunKey,
    state: &BuildState,
) -> Result<JobsRecord> {
    // The stored ETag is usable only if all stored jobs are of this run.
    let is_same_run = state.jobs.jobs.values().all(|job| job.run == run);
    let etag = state.jobs.etag.as_deref().filter(|_| is_same_run);
    let response = github.call_builder(|token| github.settings.api.jobs(run, etag, token)).await?;
    match response.status() {
        StatusCode::NOT_MODIFIED => Ok(state.jobs.clone()),
        StatusCode::NOT_FOUND => Ok(JobsRecord::new(build.id)),
        _ => parsed(&response, responses::jobs(&response, build.id)),
    }
}
