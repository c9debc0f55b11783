//! Makes the cluster match the newest revision of a deployment.
//!
//! All changes of the cluster are made by [`reconcile`]. It is called for a new revision, right after that was
//! stored, and by a read that finds an interrupted one.

mod apply;
mod delete;
mod namespace;

pub use apply::{lost_secrets, send_with_retry};
pub use delete::delete_unused_namespace;
pub use namespace::prepare_namespace;

use crate::{
    cluster::{Cluster, preflight::ClusterState},
    deployment::Deployment,
};
use nokube_domain::deployments::{
    self, ApplyOutcome, DesiredState, ObjectError, Revision, SecretValue,
};
use nokube_edge::{
    Result,
    store::{Counter, Store},
};
use nokube_kube::{Kind, Manifests};
use std::collections::BTreeMap;

/// What the caller has loaded already for a new revision: the manifests, with the values of its secrets, and
/// the state of the cluster. Without it, `reconcile` loads them.
pub struct Prepared<'a> {
    pub manifests: &'a Manifests,
    /// `None` if they are in the cluster already.
    pub secrets: Option<&'a BTreeMap<String, SecretValue>>,
    /// The warnings about how the revision continues what the cluster has.
    pub warnings: Vec<String>,
    pub state: ClusterState,
}

/// The result of applying or deleting.
pub struct ApplyResult {
    pub outcome: ApplyOutcome,
    /// The API server's warnings.
    pub warnings: Vec<String>,
}

/// The cluster has a newer revision, so nothing was applied.
pub struct Superseded {
    /// The number of that revision.
    by: u32,
}

/// Applies the newest revision, or deletes the deployment if the revision says so, and stores the
/// outcome. If the deployment was deleted while its revision was applied, it is deleted again, and
/// `deployment` then has the revision that deletes it. Returns the newest revision, if another one was stored
/// meanwhile.
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
) -> Result<Option<Revision>> {
    let secrets = prepared.as_ref().and_then(|prepared| prepared.secrets);
    let mut warnings = own_warnings(&deployment.revision, secrets);
    let result = match (&deployment.revision.desired, prepared) {
        (DesiredState::Deleted(deletion), _) => {
            Ok(delete::delete(store, cluster, deployment, *deletion).await?.into())
        }
        (DesiredState::Deployed(state), Some(prepared)) => {
            warnings.extend(prepared.warnings);
            let input = deployment.manifest_input(state);
            apply::apply(cluster, &input, prepared.manifests, prepared.state).await
        }
        (DesiredState::Deployed(state), None) => apply::reapply(cluster, deployment, state).await,
    };
    let result = match result {
        Ok(result) => result,
        Err(superseded) => superseded_outcome(store, deployment, &superseded).await?.into(),
    };
    warnings.extend(result.warnings);
    deployment.save_outcome(store, result.outcome, warnings).await?;
    let newer = newer_revision(store, deployment).await?;
    if let Some(newer) = &newer
        && !deployment.is_deleted()
    {
        delete_if_deleted(store, cluster, deployment, newer).await?;
    }
    Ok(newer)
}

/// The outcome of a revision that was not applied because the cluster has a newer one. If the store has a newer one too,
/// the request that made that applies it, and its outcome counts. Otherwise the store is an older copy.
async fn superseded_outcome(
    store: &Store,
    deployment: &Deployment,
    superseded: &Superseded,
) -> Result<ApplyOutcome> {
    let number = deployment.revision.number;
    if store.count(&Counter::revisions(deployment.id())).await? > number
        && let Some(newest) = store.newest_revision(deployment.id()).await?
        && newest.number > number
    {
        return Ok(ApplyOutcome::Applied);
    }
    let detail = format!(
        "It has revision {} there, which is newer than {number}, and nothing was changed. The platform's store is \
         an older copy, or another platform has the same namespace. Deploy, start, stop or restart it: that makes \
         a newer revision.",
        superseded.by
    );
    let (kind, name) = (Kind::Deployment.name().into(), deployment.record.service.to_string());
    let error = ObjectError { kind, name, field: None, detail };
    Ok(ApplyOutcome::Rejected { errors: vec![error], applied: Vec::new() })
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

/// The newest revision, if that is not the one of `deployment`. Costs one read if it is.
async fn newer_revision(store: &Store, deployment: &Deployment) -> Result<Option<Revision>> {
    let number = deployment.revision.number;
    if store.count(&Counter::revisions(deployment.id())).await? <= number {
        return Ok(None);
    }
    let newest = store.newest_revision(deployment.id()).await?;
    Ok(newest.filter(|newest| newest.number > number))
}

/// If the deployment was deleted while a revision was applied, deletes what was applied: no later request would.
async fn delete_if_deleted(
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
    newer: &Revision,
) -> Result<()> {
    let DesiredState::Deleted(deletion) = newer.desired else { return Ok(()) };
    deployment.revision = newer.clone();
    let outcome = delete::delete(store, cluster, deployment, deletion).await?;
    deployment.save_outcome(store, outcome, Vec::new()).await
}
