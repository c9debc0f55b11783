//! `GET /api/v1/builds/{build}/logs`: the log as text, or as server-sent events that follow it.
//!
//! GitHub has a job's log only once the job has ended; until then its steps are what there is to
//! see. The text goes through as it comes, straight from GitHub.

use super::{events, present::present_with_known};
use crate::github::{GitHub, job_log};
use nokube_domain::{
    Problem, ProblemKind,
    build::{BuildView, Known},
};
use nokube_edge::{BoxBody, Call, Failure, Reply, Result, spawn_for, store::Store};

/// Milliseconds that a text may take; a reader that slow gets no more.
const LIFE: u64 = 60_000;

pub async fn logs(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let (answer, known) = present_with_known(&call, &store).await?;
    if call.wants_events() {
        return events::follow(call, store, answer, known).await;
    }
    match ended_jobs(&known).as_slice() {
        [] => Ok(Reply::text(steps(&answer))),
        jobs => text(jobs).await,
    }
}

/// The jobs of the present run that have ended, in GitHub's order: their logs can be read.
pub fn ended_jobs(known: &Known) -> Vec<u64> {
    let Some(run) = known.present_run() else {
        return Vec::new();
    };
    let ended = known.jobs.of_run(run).filter(|(_, job)| job.phase.ended().is_some());
    ended.map(|(id, _)| id).collect()
}

async fn text(jobs: &[u64]) -> Result<Reply> {
    let github = GitHub::new().await?;
    let (mut sender, body) = nokube_edge::reply::channel();
    // The first one is opened before the answer begins, so that its failure can still be told.
    let (first, rest) =
        jobs.split_first().map_or((None, jobs), |(first, rest)| (Some(*first), rest));
    let first = match first {
        Some(job) => open(&github, job).await?,
        None => return Ok(Reply::text("")),
    };
    let rest = rest.to_vec();
    spawn_for(LIFE, async move {
        if !sender.copy(first).await {
            return;
        }
        for job in rest {
            let going_on = match open(&github, job).await {
                Ok(log) => sender.copy(log).await,
                Err(_) => sender.send("\n(The log of another job cannot be read.)\n").await,
            };
            if !going_on {
                return;
            }
        }
    });
    Ok(Reply::stream("text/plain; charset=utf-8", body))
}

/// Opens a job's log.
///
/// # Errors
/// It is not there any more, or GitHub does not answer.
pub async fn open(github: &GitHub, job: u64) -> Result<BoxBody> {
    job_log(github, job).await?.ok_or_else(|| {
        Failure::from(Problem::new(
            ProblemKind::NotFound,
            "The log is not there any more: GitHub keeps logs for a limited time only.",
        ))
    })
}

/// What there is to see of a build without a log.
fn steps(answer: &BuildView) -> String {
    let mut text = String::new();
    if let Some(message) = &answer.error_message {
        text.push_str(&format!("{message}\n"));
    }
    for step in &answer.steps {
        text.push_str(&format!("[{}] {}\n", step.status.as_str(), step.name));
    }
    if text.is_empty() {
        text.push_str("The build has not begun yet.\n");
    }
    text
}
