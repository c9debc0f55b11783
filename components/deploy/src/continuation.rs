//! What a new revision continues of what the cluster has: the id of the service's objects, the size of its volume, and
//! the use of the project's quota. Nothing is changed here.

use crate::{
    adoption::{adopted_id, adopted_warning},
    cluster::{
        Cluster,
        preflight::{ClusterState, EarlierRevision, preflight},
    },
};
use nokube_domain::{
    DeploymentId, Problem, ProblemKind,
    deployments::{self, Cause, DeployedState},
    problem::FieldError,
};
use nokube_edge::Result;
use nokube_kube::{Dependencies, ManifestInput, Manifests, Tenant, observe::ObservedClaim};

/// The number of a revision, or of a release, that has none yet.
pub const UNNUMBERED: u32 = 0;

/// A state to deploy that fits what the cluster has.
pub struct Continuation {
    /// The id that the service's objects have from an earlier record, if that is another one.
    pub adopted: Option<DeploymentId>,
    pub state: DeployedState,
    pub cluster: ClusterState,
    pub warnings: Vec<String>,
}

/// Reads what the cluster has of the service with the id `id` there, and fits `state` to it.
///
/// # Errors
/// The cluster failed; or it has a Deployment of this name that is not the platform's.
pub async fn continue_from_cluster(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    id: DeploymentId,
    state: DeployedState,
    (cause, earlier): (Cause, EarlierRevision),
) -> Result<Continuation> {
    let mut found = read_state(cluster, tenant, (id, &state), earlier).await?;
    let adopted = adopted_id(found.workload.as_ref(), id)?;
    // The store knows of no earlier revision, but the cluster has one.
    if adopted.is_some() || (earlier == EarlierRevision::None && found.workload.is_some()) {
        let id = adopted.unwrap_or(id);
        found = read_state(cluster, tenant, (id, &state), EarlierRevision::Deployed).await?;
    }
    let mut warnings: Vec<String> = adopted_warning(adopted).into_iter().collect();
    let mut state = state;
    if let Some(size) = found.current.claim.as_ref().and_then(ObservedClaim::size) {
        let spec = &state.release.spec;
        warnings.extend(deployments::volume_stays(spec, &size).filter(|_| cause == Cause::Deploy));
        state = state.with_volume_of_claim(&size, cause);
    }
    Ok(Continuation { adopted, state, cluster: found, warnings })
}

async fn read_state(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    (id, state): (DeploymentId, &DeployedState),
    earlier: EarlierRevision,
) -> Result<ClusterState> {
    let input = ManifestInput { tenant: tenant.clone(), id, revision: UNNUMBERED, state };
    let dependencies = Dependencies::new(cluster.platform(), &input, None);
    Ok(preflight(cluster, &input, &dependencies, earlier).await?)
}

impl Continuation {
    /// Which quotas the pods of the new revision exceed, by the field of the request to change.
    pub fn shortages(&self, manifests: &Manifests) -> Vec<FieldError> {
        let spec = &self.state.release.spec;
        let current = self.cluster.workload.as_ref().map_or(0, |workload| workload.replicas());
        let pods = match &spec.scaling {
            _ if self.state.stopped => 0,
            Some(scaling) => current.clamp(scaling.min, scaling.max.max(scaling.min)),
            None => spec.replicas,
        };
        let usage = self.cluster.usage.clone().with_quota_of(&manifests.dependencies);
        usage.shortages(&manifests.workload.body, pods)
    }

    /// # Errors
    /// The pods do not fit into the project's quota: they would wait for ever.
    pub fn check_quota(&self, manifests: &Manifests, cause: Cause) -> Result<()> {
        let is_checked =
            matches!(cause, Cause::Deploy | Cause::Rollback | Cause::Start | Cause::Restart);
        let shortages = if is_checked { self.shortages(manifests) } else { Vec::new() };
        match (shortages.first(), cause) {
            (None, _) => Ok(()),
            (Some(_), Cause::Deploy | Cause::Rollback) => Err(Problem::invalid(shortages).into()),
            (Some(first), _) => {
                let detail = format!("It {}.", first.detail);
                Err(Problem::new(ProblemKind::Conflict, detail).into())
            }
        }
    }
}
