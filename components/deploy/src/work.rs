//! The work items of revisions: each exists before its revision, and until nothing is left to do about it. So a revision
//! whose request was interrupted is continued also if nobody reads the deployment, an automatic one that fails is undone,
//! and GitHub hears what became of an image that was built here.

use crate::{automatic, cluster::Cluster, deployment::Deployment, previews, status};
use nokube_domain::{
    DeploymentId,
    deployments::{Cause, DeploymentView, LastObservation},
};
use nokube_edge::{
    Result, chaining, now, sleep, spawn_for,
    store::{Store, keys},
    warn,
    work::{Progress, WalkLimits, Walked, WorkItem, WorkQueue},
};
use std::time::Duration;

/// What a run of `reconcile` may do.
const LIMITS: WalkLimits = WalkLimits { max_items: 20, time: Duration::from_secs(8) };

/// Seconds in which a request stores its revision after it has added the item.
const REVISION_FOLLOWS: i64 = 60;

/// How long a request goes on after its response, and how long it waits before it looks again.
const AFTER_RESPONSE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_secs(4);

/// How long `builds` may take to report a deployment.
const REPORT_TIMEOUT: Duration = Duration::from_secs(8);

/// Adds the work item of a revision that is about to be stored: two writes.
///
/// # Errors
/// The store failed.
pub async fn add_item(store: &Store, id: DeploymentId) -> Result<u32> {
    WorkQueue::deployments().add(store, &id).await
}

/// After the newest revision was applied, or the deployment deleted: removes its work item with one write, if nothing is
/// left. Otherwise goes on after the response. `was_built_here`: the platform had built the image before.
pub async fn finish_revision(store: &Store, deployment: &Deployment, was_built_here: bool) {
    let item = deployment.revision.work_item.filter(|_| deployment.is_reconciled());
    let Some(item) = item else { return };
    if was_built_here || is_followed(deployment) {
        follow_after_response(store, item);
    } else if let Err(error) = WorkQueue::deployments().remove(store, item).await {
        // A walk removes it.
        warn(format_args!("a work item was not removed: {error}"));
    }
}

/// Whether more follows from the newest revision than that it is applied.
fn is_followed(deployment: &Deployment) -> bool {
    deployment.revision.automatic.is_some() || deployment.is_built_here()
}

/// After a read that found a change of the status: what follows from it. `before` is what was stored until then.
pub fn follow_after_read(
    store: &Store,
    deployment: &Deployment,
    view: &DeploymentView,
    before: Option<&LastObservation>,
) {
    let is_known = before
        .is_some_and(|before| (before.revision, before.status) == (view.revision, view.status));
    if let Some(item) = deployment.revision.work_item
        && !is_known
        && is_followed(deployment)
    {
        follow_after_response(store, item);
    }
}

/// Processes an item until it is done, for some seconds. The item is left if that is not enough.
fn follow_after_response(store: &Store, item: u32) {
    let store = store.clone();
    spawn_for(AFTER_RESPONSE, async move {
        if let Err(error) = follow(&store, item).await {
            warn(format_args!("item {item} of the queue deployments: {error}"));
        }
    });
}

async fn follow(store: &Store, number: u32) -> Result<()> {
    let queue = WorkQueue::deployments();
    let mut cluster = None;
    while let Some(item) = queue.get(store, number).await? {
        let cluster = match &cluster {
            Some(cluster) => cluster,
            None => cluster.insert(Cluster::new().await?),
        };
        if process(store, cluster, number, &item).await? == Progress::Done {
            return queue.remove(store, number).await;
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

/// Continues what is left of revisions.
///
/// # Errors
/// The store failed.
pub async fn continue_interrupted(store: &Store, cluster: &Cluster) -> Result<Walked> {
    let process = async |number, item| process(store, cluster, number, &item).await;
    WorkQueue::deployments().walk(store, LIMITS, process).await
}

async fn process(
    store: &Store,
    cluster: &Cluster,
    number: u32,
    item: &WorkItem<DeploymentId>,
) -> Result<Progress> {
    let age = now().as_second().saturating_sub(item.added_at.as_second());
    // The revision of this item may follow.
    let unless_young = Progress::done_if(age >= REVISION_FOLLOWS);
    let Some(mut deployment) = Deployment::find(store, item.task).await? else {
        return Ok(unless_young);
    };
    if automatic::replacement(store, &deployment).await?.is_some() {
        // That has an item of its own.
        return Ok(Progress::Later);
    }
    let own_item = deployment.revision.work_item;
    if own_item.is_some_and(|own| own != number) {
        return match unless_young {
            // Its revision was replaced, so the newest build may have to be deployed again.
            Progress::Done => look(store, cluster, &deployment).await,
            Progress::Later => Ok(Progress::Later),
        };
    }
    if own_item.is_none() && deployment.is_reconciled() {
        return Ok(unless_young);
    }
    if !deployment.is_reconciled() && deployment.is_idle_for(cluster.settings.reconcile_after) {
        status::reconcile_if_due(store, cluster, &mut deployment).await?;
    }
    if !deployment.is_reconciled() {
        return Ok(Progress::Later);
    }
    after_reconcile(store, cluster, &mut deployment).await
}

/// What follows from a revision that has been applied or rejected.
async fn after_reconcile(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
) -> Result<Progress> {
    let is_settled = automatic::after_rollout(store, cluster, deployment).await? == Progress::Done;
    // Somebody has resumed automatic deployment, or another revision was stored again in place of an automatic one, or a
    // preview has ended while somebody changed it.
    let is_due = deployment.record.preview.is_some()
        || deployment.revision.cause == Cause::Resume
        || deployment.revision.repeats.is_some();
    if is_due && look(store, cluster, deployment).await? == Progress::Later {
        return Ok(Progress::Later);
    }
    if !is_to_report(store, deployment).await? || report(deployment.id()).await {
        return Ok(Progress::done_if(is_settled));
    }
    if is_settled {
        automatic::note_settled(store, deployment).await?;
    }
    if deployment.revision.automatic.is_none() && !deployment.is_deleted() {
        let entry = status::cached_observation(store, cluster, deployment.id()).await?;
        status::current_status(store, cluster, deployment, entry).await?;
        if report(deployment.id()).await {
            return Ok(Progress::Done);
        }
    }
    Ok(Progress::Later)
}

/// Whether GitHub may have to hear of the newest revision: it deploys an image that was built here, or replaces one that
/// GitHub shows. At most one read.
async fn is_to_report(store: &Store, deployment: &Deployment) -> Result<bool> {
    Ok(is_followed(deployment)
        || deployment.is_deleted()
        || store.get(keys::github_deployment(deployment.id())).await?.is_some())
}

/// Looks whether a build is to be deployed automatically, or whether a preview has ended.
async fn look(store: &Store, cluster: &Cluster, deployment: &Deployment) -> Result<Progress> {
    let project = deployment.id().project;
    match &deployment.record.preview {
        Some(of) => previews::look(store, cluster, project, of).await,
        None => {
            let name = &deployment.record.service;
            automatic::look(store, cluster, project, name).await
        }
    }
}

/// Asks `builds` to report the deployment to GitHub; whether nothing is left to report. It never fails the deployment.
async fn report(id: DeploymentId) -> bool {
    let path = format!("/internal/deployments/{id}");
    chaining::post_for_progress("builds", &path, REPORT_TIMEOUT).await == Progress::Done
}
