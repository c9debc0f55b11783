//! Follows the rollout of an automatic revision, and undoes one that has failed.

use crate::{
    author::Author,
    cluster::Cluster,
    deployment::Deployment,
    revise::{NewRevision, revise_as},
    status::{cached_observation, current_status},
};
use nokube_domain::{
    deployments::{self, AfterRollout, Cause},
    work::Progress,
};
use nokube_edge::{
    Result,
    reservation::{Reservation, existing, hashed_name, reserve},
    store::Store,
};

/// Looks at the rollout of the newest revision, if that is automatic, and deploys the state before it if it has failed.
/// One that has run is never undone later: its work item may be kept for long, until GitHub has heard of it.
///
/// # Errors
/// The store failed, or the cluster cannot be reached.
pub async fn after_rollout(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
) -> Result<Progress> {
    if deployment.revision.automatic.is_none() || deployment.is_deleted() {
        return Ok(Progress::Done);
    }
    let number = deployment.revision.number;
    let last = deployment.last_observation.as_ref();
    let has_run = last.is_some_and(|last| last.has_run(number));
    let entry = cached_observation(store, cluster, deployment.id()).await?;
    let view = current_status(store, cluster, deployment, entry).await?;
    match deployments::after_rollout(&deployment.revision, has_run, &view) {
        AfterRollout::Wait => Ok(Progress::Later),
        AfterRollout::Settled => Ok(Progress::Done),
        AfterRollout::Restore { fallback, failure } => {
            restore(store, cluster, deployment, fallback, failure).await
        }
    }
}

/// Notes that the rollout of the newest revision is over, if that is automatic: it is not undone any more. One read if it
/// is noted.
///
/// # Errors
/// The store failed.
pub async fn note_settled(store: &Store, deployment: &Deployment) -> Result<()> {
    if deployment.revision.fallback().is_none() {
        return Ok(());
    }
    let name = reservation(deployment);
    if existing::<u32>(store, &name).await?.is_none()
        && let Reservation::Acquired(lease) = reserve::<u32>(store, &name).await?
    {
        lease.complete(store, &deployment.revision.number).await?;
    }
    Ok(())
}

/// The name of the reservation of what undoes the newest revision. Its result is the number of the newest revision
/// afterwards.
fn reservation(deployment: &Deployment) -> String {
    hashed_name(&format!("restore {} {}", deployment.id(), deployment.revision.number))
}

/// Deploys the state of the revision `fallback` again, once.
async fn restore(
    store: &Store,
    cluster: &Cluster,
    deployment: &Deployment,
    fallback: u32,
    failure: String,
) -> Result<Progress> {
    let failed = &deployment.revision;
    let fallback = store.revision(deployment.id(), fallback).await?;
    let restored = fallback.and_then(|fallback| deployments::restored(failed, &fallback, failure));
    let (Some((state, automatic)), Some(person)) = (restored, &failed.person) else {
        return Ok(Progress::Done);
    };
    let lease = match reserve::<u32>(store, &reservation(deployment)).await? {
        Reservation::Acquired(lease) => lease,
        Reservation::Existing(_) => return Ok(Progress::Done),
        Reservation::Pending => return Ok(Progress::Later),
    };
    let author = Author::of_push(person, &failed.by);
    let new = NewRevision {
        automatic: Some(automatic),
        ..NewRevision::of_same_secrets(deployment, Cause::Restore, state)
    };
    // After an error it is tried again, when the reservation can be made again.
    let revised = revise_as(&author, store, cluster, new).await?;
    lease.complete(store, &revised.deployment.revision.number).await?;
    Ok(Progress::Done)
}
