//! The state of the cluster before a revision is applied.

use super::{Cluster, ClusterError, ClusterResult, PROPAGATION_RETRIES};
use futures::future::try_join_all;
use nokube_edge::retry::retry;
use nokube_kube::{
    Dependencies, Kind, ManifestInput,
    error::ApiError,
    labels::DEPLOYMENT_LABEL,
    observe::{Metadata, NamespaceStatus, ObservedDeployment, ObservedReplicaSet, PartialObject},
    request,
};
use std::time::Duration;

pub struct ClusterState {
    pub namespace: NamespaceStatus,
    pub workload: Option<ObservedDeployment>,
    /// Objects of earlier revisions that the new revision does not have.
    pub to_prune: Vec<(Kind, Metadata)>,
    pub role: RoleBinding,
}

/// The binding of the platform's role in the namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RoleBinding {
    InEffect,
    /// It was bound just now, so the API server may not enforce it yet.
    New,
}

/// Whether an earlier revision may have left objects to prune.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EarlierRevision {
    None,
    Deployed,
}

/// Reads the namespace, the workload, and the objects of earlier revisions, all concurrently.
pub async fn preflight(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
    earlier: EarlierRevision,
) -> ClusterResult<ClusterState> {
    let read_all = async || {
        let to_prune = async {
            match earlier {
                EarlierRevision::Deployed => {
                    find_objects_to_prune(cluster, input, dependencies).await
                }
                EarlierRevision::None => Ok(Vec::new()),
            }
        };
        let (workload, to_prune) = futures::join!(read_workload(cluster, input), to_prune);
        Ok((workload?, to_prune?))
    };
    let (namespace, objects) = futures::join!(cluster.namespace(&input.tenant), read_all());
    let (_, namespace) = namespace?;
    if matches!(namespace, NamespaceStatus::Absent | NamespaceStatus::Foreign) {
        // Nothing there is the platform's, and it may have no permissions, so errors of the other reads are ignored.
        let (workload, to_prune, role) = (None, Vec::new(), RoleBinding::InEffect);
        return Ok(ClusterState { namespace, workload, to_prune, role });
    }
    let ((workload, to_prune), role) = match (objects, &cluster.platform().deployer_role) {
        // A crash after the namespace was created prevented the binding of the platform's role.
        (Err(ClusterError::Api(ApiError::MissingPermission(_))), Some(role)) => {
            cluster.bind_role(&input.tenant, role).await?;
            let objects = retry(PROPAGATION_RETRIES, async || match read_all().await {
                Err(error @ ClusterError::Api(ApiError::MissingPermission(_))) => {
                    (Err(error), Some(Duration::ZERO))
                }
                objects => (objects, None),
            });
            (objects.await?, RoleBinding::New)
        }
        (objects, _) => (objects?, RoleBinding::InEffect),
    };
    Ok(ClusterState { namespace, workload, to_prune, role })
}

async fn read_workload(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
) -> ClusterResult<Option<ObservedDeployment>> {
    let service = input.state.release.spec.service.as_str();
    cluster.read(&request::get(Kind::Deployment, &input.tenant.namespace(), service)).await
}

/// Objects of this deployment that the new revision does not have: optional ones, and the variables and
/// secrets of releases that are no longer retained and that no pods use.
pub async fn find_objects_to_prune(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
) -> ClusterResult<Vec<(Kind, Metadata)>> {
    let (namespace, id) = (&input.tenant.namespace(), input.id.to_string());
    let optional = dependencies.absent.iter().map(|(kind, name)| async {
        let found = cluster.read::<PartialObject>(&request::get(*kind, namespace, name)).await?;
        Ok::<_, ClusterError>(found.map(|object| (*kind, object.metadata)))
    });
    let configuration = [Kind::ConfigMap, Kind::Secret].map(|kind| async move {
        let list = request::list_metadata(kind, namespace, Some(input.id));
        let found = cluster.list::<PartialObject>(&list).await?;
        Ok::<_, ClusterError>(found.into_iter().map(move |object| (kind, object.metadata)))
    });
    let sets = request::list(Kind::ReplicaSet, namespace, Some((DEPLOYMENT_LABEL, &id)));
    let (optional, configuration, sets) = futures::join!(
        try_join_all(optional),
        try_join_all(configuration),
        cluster.list::<ObservedReplicaSet>(&sets)
    );
    // Running pods need their objects, even those of an older revision.
    let sets = sets?;
    let used = sets.iter().flat_map(ObservedReplicaSet::referenced_objects);
    let retained: Vec<&str> = input.state.retained_objects().chain(used).collect();
    let unused = configuration?
        .into_iter()
        .flatten()
        .filter(|(_, metadata)| !retained.contains(&metadata.name.as_str()));
    let mut objects: Vec<_> = optional?.into_iter().flatten().chain(unused).collect();
    objects.retain(|(_, metadata)| {
        metadata.is_managed_by_nokube() && metadata.is_of_deployment(input.id)
    });
    Ok(objects)
}
