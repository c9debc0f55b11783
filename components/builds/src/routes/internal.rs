//! What other components ask for: `POST /internal/work/{n}`, `POST /internal/builds/{build}` and `POST
//! /internal/deployments/{deployment}`.
//!
//! No public route leads here. These requests say only what to look at, so they would be harmless from anybody: they do
//! what `reconcile` does anyway, a bit earlier.

use crate::{
    deployment_reports::report_deployment, follow::follow_now, github::GitHub, work::process,
};
use http::StatusCode;
use nokube_domain::{BuildId, DeploymentId, work::Progress};
use nokube_edge::{Call, Reply, Result, chaining, store::Store, work::WorkQueue};

/// Processes an item of the work queue; 204 if it is done.
pub async fn work(call: Call) -> Result<Reply> {
    let number: u32 = call.path_parameter("n", "item")?;
    let store = Store::open().await?;
    let queue = WorkQueue::builds();
    let Some(item) = queue.get(&store, number).await? else { return Ok(done()) };
    let github = GitHub::new().await?;
    match process(&store, &github, number, &item).await? {
        Progress::Done => {
            queue.remove(&store, number).await?;
            Ok(done())
        }
        Progress::Later => Ok(Reply::empty(StatusCode::ACCEPTED)),
    }
}

/// Follows a build about which GitHub has said something.
pub async fn build(call: Call) -> Result<Reply> {
    let id: BuildId = call.path_parameter("build", "build")?;
    let store = Store::open().await?;
    follow_now(&store, &GitHub::new().await?, id).await?;
    Ok(done())
}

/// Reports to GitHub what has become of a deployment.
pub async fn deployment(call: Call) -> Result<Reply> {
    let id: DeploymentId = call.path_parameter("deployment", "deployment")?;
    let store = Store::open().await?;
    let is_reported = report_deployment(&store, &GitHub::new().await?, id).await?;
    Ok(chaining::progress_reply(Progress::done_if(is_reported)))
}

fn done() -> Reply {
    Reply::empty(StatusCode::NO_CONTENT)
}
