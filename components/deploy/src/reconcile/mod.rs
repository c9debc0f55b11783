//! Makes the cluster match the newest revision of a deployment.
//!
//! All changes of the cluster are made by [`reconcile`]. It is called for a new revision, right after that was
//! stored, and by a read that finds an interrupted one.

mod apply;
mod delete;

pub use apply::{FOREIGN_NAMESPACE, lost_secrets};

use crate::{
    cluster::{Cluster, preflight::ClusterState},
    deployment::Deployment,
};
use nokube_domain::deployments::{self, ApplyOutcome, DesiredState, Revision, SecretValue};
use nokube_edge::{
    Result,
    store::{Counter, Store},
};
use nokube_kube::Manifests;
use std::collections::BTreeMap;

/// What the caller has loaded already for a new revision: the manifests, with the values of its secrets, and
/// the state of the cluster. Without it, `reconcile` loads them.
pub struct Prepared<'a> {
    pub manifests: &'a Manifests,
    /// `None` if they are in the cluster already.
    pub secrets: Option<&'a BTreeMap<String, SecretValue>>,
    pub state: ClusterState,
}

/// The result of applying or deleting.
pub struct ApplyResult {
    pub outcome: ApplyOutcome,
    /// The API server's warnings.
    pub warnings: Vec<String>,
}

/// Applies the newest revision, or deletes the deployment if the revision says so, and stores the
/// outcome. If the deployment was deleted while its revision was applied, it is deleted again, and
/// `deployment` then has the revision that deletes it.
///
/// After a crash before the outcome is stored, the next read reconciles again.
///
/// # Errors
/// The store failed. Errors of the cluster are part of the stored outcome.
pub async fn reconcile(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
    prepared: Option<Prepared<'_>>,
) -> Result<()> {
    let secrets = prepared.as_ref().and_then(|prepared| prepared.secrets);
    let mut warnings = own_warnings(&deployment.revision, secrets);
    let result = match (&deployment.revision.desired, prepared) {
        (DesiredState::Deleted(deletion), _) => {
            delete::delete(store, cluster, deployment, *deletion).await?.into()
        }
        (DesiredState::Deployed(state), Some(prepared)) => {
            let input = deployment.manifest_input(state);
            apply::apply(cluster, &input, prepared.manifests, prepared.state).await
        }
        (DesiredState::Deployed(state), None) => apply::reapply(cluster, deployment, state).await,
    };
    let is_deletion = deployment.is_deleted();
    warnings.extend(result.warnings);
    deployment.save_outcome(store, result.outcome, warnings).await?;
    if !is_deletion {
        delete_if_deleted_concurrently(store, cluster, deployment).await?;
    }
    Ok(())
}

/// The warnings about the configuration of a revision.
fn own_warnings(
    revision: &Revision,
    secrets: Option<&BTreeMap<String, SecretValue>>,
) -> Vec<String> {
    let state = revision.deployed();
    state.map(|state| deployments::warnings(&state.release.spec, secrets)).unwrap_or_default()
}

impl From<ApplyOutcome> for ApplyResult {
    fn from(outcome: ApplyOutcome) -> Self {
        Self { outcome, warnings: Vec::new() }
    }
}

/// If the deployment was deleted while a revision was applied, deletes what was applied: no later request would.
/// Costs one read if there is no newer revision.
async fn delete_if_deleted_concurrently(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
) -> Result<()> {
    if store.count(&Counter::revisions(deployment.id())).await? <= deployment.revision.number {
        return Ok(());
    }
    let Some(newest) = store.newest_revision(deployment.id()).await? else { return Ok(()) };
    let DesiredState::Deleted(deletion) = newest.desired else { return Ok(()) };
    deployment.revision = newest;
    let outcome = delete::delete(store, cluster, deployment, deletion).await?;
    deployment.save_outcome(store, outcome, Vec::new()).await
}
