//! `POST /api/v1/deployments/{deployment}/restart`, `…/stop`, `…/start`: a new revision of the same
//! release. What stands already is applied again, so each of them also mends what somebody broke.

use crate::{
    cluster::Cluster,
    deploy::create::{Change, carry_out},
    present::load,
};
use nokube_domain::{
    Problem, Reason,
    deploy::{Cause, Run},
};
use nokube_edge::{Call, Reply, Result, now, store::Store};

pub async fn restart(call: Call) -> Result<Reply> {
    change(call, Cause::Restart, |run| {
        if run.stopped {
            let detail = "The deployment is stopped. Start it instead.";
            return Err(Problem::conflict(Reason::DeploymentStopped, detail).into());
        }
        Ok(run.restarted(now()))
    })
    .await
}

pub async fn stop(call: Call) -> Result<Reply> {
    change(call, Cause::Stop, |run| Ok(run.stopped(true))).await
}

pub async fn start(call: Call) -> Result<Reply> {
    change(call, Cause::Start, |run| Ok(run.stopped(false))).await
}

async fn change(call: Call, cause: Cause, next: impl Fn(&Run) -> Result<Run>) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let loaded = load(&call, &store).await?;
    let before = loaded.run()?;
    let cluster = Cluster::new().await?;
    let run = next(before)?;
    let change = Change {
        cause,
        before: Some(before),
        replaces: Some(loaded.revision.number),
        run: &|_| run.clone(),
        secrets: None,
    };
    carry_out(&call, &store, &cluster, loaded.subject(), change).await
}
