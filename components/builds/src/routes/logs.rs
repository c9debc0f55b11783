//! `GET /api/v1/builds/{build}/logs`: the log as text, or as server-sent events that follow it.
//!
//! GitHub has a job's log only once the job has ended; until then the response is a list of its steps. The text
//! is streamed from GitHub without being stored.

use super::follow_logs;
use crate::{
    github::GitHub,
    job_logs::{ended_jobs, open},
    status::current_state,
};
use nokube_domain::builds::BuildView;
use nokube_edge::{Call, Reply, Result, spawn_for, store::Store};

/// Milliseconds after which a text is cut off, for readers that are too slow.
const STREAM_TIMEOUT: u64 = 60_000;

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
    let (mut sender, body) = nokube_edge::reply::body_channel();
    // The first one is opened before the response begins, so that its error can become the status.
    let (first, rest) =
        jobs.split_first().map_or((None, jobs), |(first, rest)| (Some(*first), rest));
    let first = match first {
        Some(job) => open(&github, job).await?,
        None => return Ok(Reply::text("")),
    };
    let rest = rest.to_vec();
    spawn_for(STREAM_TIMEOUT, async move {
        if !sender.forward(first).await {
            return;
        }
        for job in rest {
            let has_reader = match open(&github, job).await {
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

/// The error and the steps of a build that has no log yet.
fn steps_as_text(build: &BuildView) -> String {
    let mut text = String::new();
    if let Some(message) = &build.error_message {
        text.push_str(&format!("{message}\n"));
    }
    for step in &build.steps {
        text.push_str(&format!("[{}] {}\n", step.status.as_str(), step.name));
    }
    if text.is_empty() {
        text.push_str("The build has not begun yet.\n");
    }
    text
}
