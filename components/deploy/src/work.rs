//! The work items of revisions: each exists before its revision, and until the outcome of that is stored. So a revision
//! whose request was interrupted is continued also if nobody reads the deployment.

use crate::{cluster::Cluster, deployment::Deployment, status::reconcile_if_due};
use nokube_domain::DeploymentId;
use nokube_edge::{
    Result, now,
    store::Store,
    warn,
    work::{Progress, WalkLimits, Walked, WorkItem, WorkQueue},
};
use std::time::Duration;

/// What a run of `reconcile` may do.
const LIMITS: WalkLimits = WalkLimits { max_items: 20, time: Duration::from_secs(8) };

/// Seconds in which a request stores its revision after it has added the item.
const REVISION_FOLLOWS: i64 = 60;

/// Adds the work item of a revision that is about to be stored: two writes.
///
/// # Errors
/// The store failed.
pub async fn add_item(store: &Store, id: DeploymentId) -> Result<u32> {
    WorkQueue::deployments().add(store, &id).await
}

/// Removes the work item of the newest revision, if that has its outcome: one write. If it fails, that is logged, and a
/// walk removes the item.
pub async fn remove_item(store: &Store, deployment: &Deployment, item: u32) {
    if deployment.is_reconciled()
        && let Err(error) = WorkQueue::deployments().remove(store, item).await
    {
        warn(format_args!("a work item was not removed: {error}"));
    }
}

/// Continues the revisions that were interrupted.
///
/// # Errors
/// The store failed.
pub async fn continue_interrupted(store: &Store, cluster: &Cluster) -> Result<Walked> {
    let process = async |_, item: WorkItem<DeploymentId>| process(store, cluster, &item).await;
    WorkQueue::deployments().walk(store, LIMITS, process).await
}

async fn process(
    store: &Store,
    cluster: &Cluster,
    item: &WorkItem<DeploymentId>,
) -> Result<Progress> {
    let found = Deployment::find(store, item.task).await?;
    let Some(mut deployment) = found.filter(|deployment| !deployment.is_reconciled()) else {
        // The revision of this item may follow.
        let age = now().as_second().saturating_sub(item.added_at.as_second());
        let is_over = age >= REVISION_FOLLOWS;
        return Ok(if is_over { Progress::Done } else { Progress::Later });
    };
    if deployment.is_idle_for(cluster.settings.reconcile_after) {
        reconcile_if_due(store, cluster, &mut deployment).await?;
    }
    Ok(if deployment.is_reconciled() { Progress::Done } else { Progress::Later })
}
