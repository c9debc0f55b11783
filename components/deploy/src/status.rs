//! The current status of a deployment: the desired state from storage, the rest from the cluster.
//!
//! A read also continues a revision that was interrupted, so that nothing has to run in the background.

use crate::{
    cluster::{Cluster, snapshot},
    deployment::Deployment,
    reconcile::reconcile,
};
use nokube_domain::deployments::{DeploymentView, LastObservation, ObservedState};
use nokube_edge::{
    Result, now,
    store::{Store, keys},
};

/// Reconciles the deployment if that is due, and returns its status.
///
/// # Errors
/// 404 if the deployment was deleted; or the store failed. A cluster that does not respond is no error:
/// the view says so and shows what was last seen.
pub async fn current_status(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
) -> Result<DeploymentView> {
    let is_idle = deployment.is_idle_for(cluster.settings.reconcile_after);
    if !deployment.is_reconciled() && is_idle {
        reconcile_if_due(store, cluster, deployment).await?;
    }
    deployment.state()?;
    let mut observed = snapshot::observe(cluster, deployment).await;
    if deployment.is_applied()
        && is_outdated(deployment, &observed)
        && deployment.is_idle_for(cluster.settings.reconcile_after)
    {
        reconcile_if_due(store, cluster, deployment).await?;
        observed = snapshot::observe(cluster, deployment).await;
    }
    let view = deployment.view(cluster.platform(), &observed)?;
    save_observation(store, deployment.last_observation.as_ref(), &view, &observed).await?;
    Ok(view)
}

/// Whether the cluster runs an older revision: a delayed request can overwrite the newest one.
fn is_outdated(deployment: &Deployment, observed: &ObservedState) -> bool {
    matches!(observed, ObservedState::Present(rollout) if rollout.revision < deployment.revision.number)
}

/// Reconciles, unless another reader started it within the interval. The start is stored first, so that only one
/// of many concurrent readers reconciles.
async fn reconcile_if_due(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
) -> Result<()> {
    let started = store.get(keys::reconcile_started_at(deployment.id())).await?;
    let interval = cluster.settings.reconcile_after.max(1);
    if started.is_some_and(|started| now().as_second() - started.as_second() < interval) {
        return Ok(());
    }
    store.set(keys::reconcile_started_at(deployment.id()), &now()).await?;
    reconcile(store, cluster, deployment, None).await
}

/// Stores what was observed, if it differs enough from what is stored.
pub async fn save_observation(
    store: &Store,
    previous: Option<&LastObservation>,
    view: &DeploymentView,
    observed: &ObservedState,
) -> Result<()> {
    let last_observation = LastObservation {
        deployment_id: view.deployment_id,
        revision: view.revision,
        status: view.status,
        ready: view.replicas_ready,
        total: view.replicas_total,
        at: now(),
    };
    if matches!(observed, ObservedState::Present(_)) && last_observation.is_worth_storing(previous)
    {
        store.set(keys::last_observation(view.deployment_id), &last_observation).await?;
    }
    Ok(())
}
