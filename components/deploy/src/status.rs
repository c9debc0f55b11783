//! The current status of a deployment: the desired state from storage, the rest from the cluster.
//!
//! A read also continues a revision that was interrupted, so that nothing has to run in the background. What it observes
//! in the cluster serves other readers for `deployment_quiet_seconds`.

use crate::{
    automatic,
    cluster::{Cluster, ClusterError, snapshot},
    deployment::Deployment,
    reconcile::reconcile,
};
use nokube_domain::{
    DeploymentId,
    cache::CacheEntry,
    deployments::{DeploymentView, LastObservation, Observation, ObservedState},
};
use nokube_edge::{
    Result, now,
    store::{CacheRead, Store, WindowName, keys},
    warn,
};

/// What is cached under `name`; nothing if every reader reads the cluster.
///
/// # Errors
/// The store failed.
pub async fn cached(
    store: &Store,
    name: &WindowName,
    quiet_seconds: i64,
) -> Result<Option<CacheEntry>> {
    if quiet_seconds == 0 { Ok(None) } else { store.get(keys::cache(name)).await }
}

/// Reconciles the deployment if that is due, and returns its status. `entry` is what is cached of it.
///
/// # Errors
/// 404 if the deployment was deleted; or the store failed. A cluster that does not respond is no error:
/// the view says so and shows what was last seen.
pub async fn current_status(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
    entry: Option<CacheEntry>,
) -> Result<DeploymentView> {
    let is_idle = deployment.is_idle_for(cluster.settings.reconcile_after);
    if !deployment.is_reconciled() && is_idle {
        reconcile_if_due(store, cluster, deployment).await?;
    }
    deployment.state()?;
    let mut observed = observe(store, cluster, deployment, entry).await?;
    if deployment.is_applied()
        && is_outdated(deployment, &observed.observation.state)
        && deployment.is_idle_for(cluster.settings.reconcile_after)
        && reconcile_if_due(store, cluster, deployment).await?
    {
        let entry = cached_observation(store, cluster, deployment.id()).await?;
        observed = observe(store, cluster, deployment, entry).await?;
    }
    let Observed { observation, by } = observed;
    reload_if_superseded(store, deployment, &observation.state).await?;
    let view = deployment.view(cluster.platform(), &observation)?;
    if by == Observer::ThisReader {
        save_observation(store, deployment.last_observation.as_ref(), &view, &observation).await;
    }
    Ok(view)
}

/// What is cached of a deployment.
///
/// # Errors
/// The store failed.
pub async fn cached_observation(
    store: &Store,
    cluster: &Cluster,
    id: DeploymentId,
) -> Result<Option<CacheEntry>> {
    cached(store, &WindowName::observation(id), cluster.settings.quiet_seconds).await
}

/// Who has read the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observer {
    ThisReader,
    AnotherReader,
}

struct Observed {
    observation: Observation,
    by: Observer,
}

/// The state of a deployment in the cluster: the cached one, if that is not too old and shows the newest change.
async fn observe(
    store: &Store,
    cluster: &Cluster,
    deployment: &Deployment,
    entry: Option<CacheEntry>,
) -> Result<Observed> {
    let observe_now = async || deployment.observation(snapshot::observe(cluster, deployment).await);
    let seconds = cluster.settings.quiet_seconds;
    if seconds == 0 {
        return Ok(Observed { observation: observe_now().await, by: Observer::ThisReader });
    }
    let (name, known) = (WindowName::observation(deployment.id()), deployment.known_revision());
    let freshness = |cached: &Observation| cached.freshness(&known, now(), seconds);
    let read = store.read_cached(&name, entry, freshness, async |_| observe_now().await).await?;
    Ok(match read {
        CacheRead::New(observation) => Observed { observation, by: Observer::ThisReader },
        CacheRead::Cached(observation) => Observed { observation, by: Observer::AnotherReader },
        CacheRead::Pending => {
            let state = ObservedState::Unreachable(ClusterError::no_answer().message());
            Observed { observation: deployment.observation(state), by: Observer::AnotherReader }
        }
    })
}

/// Loads the newest revision again, if the cluster has a newer one than was loaded: another request may have stored it
/// since. Otherwise the view says that it is unknown.
async fn reload_if_superseded(
    store: &Store,
    deployment: &mut Deployment,
    observed: &ObservedState,
) -> Result<()> {
    let known = deployment.revision.number;
    if !matches!(observed, ObservedState::Present(rollout) if rollout.revision > known) {
        return Ok(());
    }
    let (newest, outcome) =
        futures::join!(store.newest_revision(deployment.id()), store.outcome(deployment.id()));
    if let Some(newest) = newest?.filter(|newest| newest.number > known) {
        deployment.revision = newest;
        deployment.outcome = outcome?;
    }
    Ok(())
}

/// Whether the cluster runs an older revision: a delayed request can overwrite the newest one.
fn is_outdated(deployment: &Deployment, observed: &ObservedState) -> bool {
    matches!(observed, ObservedState::Present(rollout) if rollout.revision < deployment.revision.number)
}

/// Reconciles, unless another reader started it within the interval. Of many concurrent readers one reconciles. It
/// stores the start first. Returns whether this one did. If an automatic revision may not stay the newest, the one that
/// replaces it is reconciled.
///
/// # Errors
/// The store failed.
pub async fn reconcile_if_due(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
) -> Result<bool> {
    let started = store.get(keys::reconcile_started_at(deployment.id())).await?;
    let interval = cluster.settings.reconcile_after.max(1);
    if started.is_some_and(|started| now().as_second() - started.as_second() < interval) {
        return Ok(false);
    }
    if !store.is_first(&WindowName::reconcile(deployment.id()), started).await? {
        return Ok(false);
    }
    store.set(keys::reconcile_started_at(deployment.id()), &now()).await?;
    if let Some(replacement) = automatic::replacement(store, deployment).await? {
        deployment.revision = replacement;
    }
    reconcile(store, cluster, deployment, None).await?;
    Ok(true)
}

/// Stores what was observed, if it differs enough from what is stored. If the store cannot be written, that is logged: the
/// read succeeds.
pub async fn save_observation(
    store: &Store,
    previous: Option<&LastObservation>,
    view: &DeploymentView,
    observation: &Observation,
) {
    let last_observation = LastObservation {
        deployment_id: view.deployment_id,
        revision: view.revision,
        status: view.status,
        ready: view.replicas_ready,
        total: view.replicas_total,
        access_url: view.access_url.clone(),
        at: observation.at,
    };
    if matches!(observation.state, ObservedState::Present(_))
        && last_observation.is_worth_storing(previous)
        && let Err(error) =
            store.set(keys::last_observation(view.deployment_id), &last_observation).await
    {
        warn(format_args!("what was observed is not stored: {error}"));
    }
}
