//! The state of the cluster before a revision is applied.

use super::{
    Cluster, ClusterError,
    rbac::bind_role,
    retry::{PROPAGATION_ATTEMPTS, PROPAGATION_DELAY_MS},
};
use futures::future::try_join_all;
use nokube_domain::deployments::DeployedState;
use nokube_edge::sleep;
use nokube_kube::{
    Dependencies, Kind, ManifestInput,
    error::ApiError,
    labels::DEPLOYMENT_LABEL,
    observe::{
        List, Metadata, NamespaceStatus, ObservedDeployment, ObservedReplicaSet, PartialObject,
    },
    request,
};

type Result<T> = std::result::Result<T, ClusterError>;

pub struct ClusterState {
    pub namespace: NamespaceStatus,
    pub workload: Option<ObservedDeployment>,
    /// Objects of earlier revisions that the new revision does not have.
    pub to_prune: Vec<(Kind, Metadata)>,
    /// The platform's role was bound just now, so the API server may not enforce it yet.
    pub permissions_are_new: bool,
}

/// The deployment's objects in its namespace.
struct Objects {
    workload: Option<ObservedDeployment>,
    to_prune: Vec<(Kind, Metadata)>,
}

/// Reads the namespace, the workload, and the objects of earlier revisions, all concurrently.
/// `previous` is what was deployed until now.
///
/// # Errors
/// The API server cannot be reached or rejects a read.
pub async fn preflight(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
    previous: Option<&DeployedState>,
) -> Result<ClusterState> {
    let (namespace, objects) = futures::join!(
        cluster.namespace(&input.tenant),
        read_objects(cluster, input, dependencies, previous),
    );
    let (_, status) = namespace?;
    if matches!(status, NamespaceStatus::Absent | NamespaceStatus::Foreign) {
        // Nothing there is the platform's, and it may have no permissions, so errors of the other reads are
        // ignored.
        return Ok(ClusterState {
            namespace: status,
            workload: None,
            to_prune: Vec::new(),
            permissions_are_new: false,
        });
    }
    let (objects, permissions_are_new) = match (objects, &cluster.platform().deployer_role) {
        // A crash after the namespace was created prevented the binding of the platform's role.
        (Err(ClusterError::Api(ApiError::MissingPermission(_))), Some(role)) => {
            bind_role(cluster, &input.tenant, role).await?;
            (read_until_allowed(cluster, input, dependencies, previous).await?, true)
        }
        (objects, _) => (objects?, false),
    };
    let Objects { workload, to_prune } = objects;
    Ok(ClusterState { namespace: status, workload, to_prune, permissions_are_new })
}

async fn read_objects(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
    previous: Option<&DeployedState>,
) -> Result<Objects> {
    let namespace = input.tenant.namespace();
    let service = input.state.release.spec.service.as_str();
    let get = request::get(Kind::Deployment, namespace.as_str(), service);
    let to_prune = async {
        match previous {
            Some(_) => find_objects_to_prune(cluster, input, dependencies).await,
            None => Ok(Vec::new()),
        }
    };
    let (workload, to_prune) = futures::join!(cluster.read::<ObservedDeployment>(&get), to_prune);
    Ok(Objects { workload: workload?, to_prune: to_prune? })
}

/// Reads until the role that was just bound takes effect.
async fn read_until_allowed(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
    previous: Option<&DeployedState>,
) -> Result<Objects> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match read_objects(cluster, input, dependencies, previous).await {
            Err(ClusterError::Api(ApiError::MissingPermission(_)))
                if attempts < PROPAGATION_ATTEMPTS =>
            {
                sleep(PROPAGATION_DELAY_MS).await;
            }
            objects => return objects,
        }
    }
}

/// Objects of this deployment that the new revision does not have: optional ones, and the variables and
/// secrets of releases that are no longer retained and that no pods use.
async fn find_objects_to_prune(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
) -> Result<Vec<(Kind, Metadata)>> {
    let namespace = input.tenant.namespace();
    let (namespace, id) = (namespace.as_str(), input.id.to_string());
    let optional = dependencies.absent.iter().map(|(kind, name)| async {
        let found = cluster.read::<PartialObject>(&request::get(*kind, namespace, name)).await?;
        Ok::<_, ClusterError>(found.into_iter().map(|object| (*kind, object)).collect::<Vec<_>>())
    });
    let configuration = [Kind::ConfigMap, Kind::Secret].map(|kind| async move {
        let list = request::list_metadata(kind, namespace, Some(input.id));
        let found = cluster.read::<List<PartialObject>>(&list).await?;
        let items = found.map(|list| list.items).unwrap_or_default();
        Ok::<_, ClusterError>(items.into_iter().map(|object| (kind, object)).collect::<Vec<_>>())
    });
    let sets = request::list(Kind::ReplicaSet, namespace, Some((DEPLOYMENT_LABEL, &id)));
    let (optional, configuration, sets) = futures::join!(
        try_join_all(optional),
        try_join_all(configuration),
        cluster.read::<List<ObservedReplicaSet>>(&sets)
    );
    // Running pods need their objects, even those of an older revision.
    let sets = sets?.map(|list| list.items).unwrap_or_default();
    let used = sets.iter().flat_map(ObservedReplicaSet::referenced_objects);
    let retained: Vec<&str> = input.state.retained_objects().chain(used).collect();
    let unused = configuration?
        .into_iter()
        .flatten()
        .filter(|(_, object)| !retained.contains(&object.metadata.name.as_str()));
    let is_ours = |object: &PartialObject| {
        object.metadata.is_managed_by_nokube() && object.metadata.is_of_deployment(input.id)
    };
    let all = optional?.into_iter().flatten().chain(unused).filter(|(_, object)| is_ours(object));
    Ok(all.map(|(kind, object)| (kind, object.metadata)).collect())
}
