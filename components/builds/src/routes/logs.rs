//! `GET /api/v1/builds/{build}/logs`: the log as text, or as server-sent events that follow it.
//!
//! GitHub has a job's log only once the job has ended; until then the response is a list of its steps. The text
//! is streamed from GitHub without being stored.

use super::follow_logs;
use crate::{
    github::{GitHub, job_log},
    status::current_state,
};
use nokube_domain::builds::{BuildState, BuildView};
use nokube_edge::{
    Call, Reply, Result,
    body::{STREAM_LIMITS, stream_log},
    store::Store,
};

pub async fn logs(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let (build, state) = current_state(&call, &store).await?;
    if call.accepts_event_stream() {
        return follow_logs::follow(call, store, build, state).await;
    }
    match ended_jobs(&state).as_slice() {
        [] => Ok(Reply::text(steps_as_text(&build))),
        jobs => stream_text(jobs).await,
    }
}

async fn stream_text(jobs: &[u64]) -> Result<Reply> {
    let github = GitHub::new().await?;
    // The first one is opened before the response begins, so that its error can become the status.
    let (first, rest) =
        jobs.split_first().map_or((None, jobs), |(first, rest)| (Some(*first), rest));
    let first = match first {
        Some(job) => job_log(&github, job).await?,
        None => return Ok(Reply::text("")),
    };
    let rest = rest.to_vec();
    let body = stream_log(STREAM_LIMITS, async move |sender| {
        if !sender.forward(first).await {
            return;
        }
        for job in rest {
            let has_reader = match job_log(&github, job).await {
                Ok(log) => sender.forward(log).await,
                Err(_) => sender.send("\n(The log of another job cannot be read.)\n").await,
            };
            if !has_reader {
                return;
            }
        }
    });
    Ok(Reply::stream("text/plain; charset=utf-8", body))
}

/// The jobs of the current run that have ended, in GitHub's order: those that have a log.
pub fn ended_jobs(state: &BuildState) -> Vec<u64> {
    let Some(run) = state.current_run() else { return Vec::new() };
    let ended = state.jobs.of_run(run).filter(|(_, job)| job.phase.conclusion().is_some());
    ended.map(|(id, _)| id).collect()
}

/// The error and the steps of a build that has no log yet.
fn steps_as_text(build: &BuildView) -> String {
    let mut text = String::new();
    if let Some(message) = &build.error_message {
        text.push_str(&format!("{message}\n"));
    }
    for step in &build.steps {
        text.push_str(&format!("[{}] {}\n", step.status, step.name));
    }
    if text.is_empty() {
        text.push_str("The build has not begun yet.\n");
    }
    text
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    const EVENTS: &str = "retry: 1000\n\nevent: step\nid: 1.0.0\ndata: {\"number\":5,…}\n\n\
                          event: log\nid: 1.0.1\ndata: \"#1 building\"\n\n\
                          event: end\nid: 1.1.0\ndata: \"success\"\n\n";

    pub fn logs() -> Operation {
        Operation::new("readBuildLogs", "Read or follow a build's log")
            .description(
                "Plain text: the log, or the steps while the build is running. With `Accept: \
                 text/event-stream` the response is a stream of the events `status` (the build, when \
                 its status changes), `step` (when a step changes), `log` (a line of the log of a job \
                 that has ended) and `end` (the final status). A stream ends after 25 seconds; \
                 `EventSource` in a browser reconnects and continues where it stopped.",
            )
            .last_event_id()
            .log_response("The log.", "[success] Build and push the image\n", EVENTS, |schemas| {
                json!({
                    "status": schemas.add::<BuildView>(),
                    "step": schemas.add::<StepView>(),
                    "log": schemas::string(),
                    "end": schemas.add::<BuildStatus>(),
                })
            })
            .problem(
                ProblemKind::NotFound,
                "The log is not there any more: GitHub keeps logs for a limited time only.",
            )
            .calls_github()
    }
}
