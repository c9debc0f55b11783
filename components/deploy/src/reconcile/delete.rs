//! Deletes a deployment from the cluster: only objects that the platform applied, which `managedFields` shows;
//! its volume only if that was requested; the namespace together with the last deployment of the project or of its
//! previews.

use crate::{
    cluster::{Cluster, ClusterError},
    deployment::Deployment,
    service_limits::count_deployed,
};
use futures::future::join_all;
use nokube_domain::deployments::{ApplyOutcome, Deletion};
use nokube_edge::{previews, store::Store};
use nokube_kube::{
    Kind, Tenant,
    error::ApiError,
    manifest::DEPLOYMENT_KINDS,
    names,
    observe::{NamespaceStatus, PartialObject},
    request,
};

/// How many times the objects are listed again because one of them changed before it was deleted.
const MAX_CONFLICTS: usize = 6;

enum DeleteError {
    Store(nokube_edge::Error),
    Cluster(ClusterError),
}

impl From<nokube_edge::Error> for DeleteError {
    fn from(error: nokube_edge::Error) -> Self {
        Self::Store(error)
    }
}

impl From<ClusterError> for DeleteError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

type DeleteResult<T> = Result<T, DeleteError>;

/// Deletes the deployment. What cannot be deleted now is deleted by the next read or request.
pub async fn delete(
    store: &Store,
    cluster: &Cluster,
    deployment: &Deployment,
    deletion: Deletion,
) -> nokube_edge::Result<ApplyOutcome> {
    match try_delete(store, cluster, deployment, deletion).await {
        Ok(()) => Ok(ApplyOutcome::Applied),
        Err(DeleteError::Cluster(error)) => Ok(ApplyOutcome::Interrupted(error.message())),
        Err(DeleteError::Store(error)) => Err(error),
    }
}

async fn try_delete(
    store: &Store,
    cluster: &Cluster,
    deployment: &Deployment,
    deletion: Deletion,
) -> DeleteResult<()> {
    let (found, status) = cluster.namespace(&deployment.tenant()).await?;
    // Without its namespace nothing is left; another owner's namespace contains nothing of the platform's.
    let (Some(namespace), NamespaceStatus::Owned { .. }) = (found, status) else { return Ok(()) };
    let deleted = match delete_objects(store, cluster, deployment, deletion).await {
        // A crash after the namespace was created prevented the binding of the platform's role.
        Err(DeleteError::Cluster(error @ ClusterError::Api(ApiError::MissingPermission(_)))) => {
            let Some(role) = &cluster.platform().deployer_role else { return Err(error.into()) };
            cluster.bind_role(&deployment.tenant(), role).await?;
            delete_objects(store, cluster, deployment, deletion).await?
        }
        deleted => deleted?,
    };
    let tenant = deployment.tenant();
    if deleted == Deleted::All && has_no_deployment(store, &tenant).await? {
        delete_namespace(store, cluster, &tenant, &namespace).await?;
    }
    Ok(())
}

#[derive(PartialEq)]
enum Deleted {
    All,
    /// A newer revision needs the objects.
    Superseded,
}

/// Deletes the deployment's objects. Each is deleted only if its resource version is still the one that was read,
/// so that nothing is deleted that a newer revision has applied since.
async fn delete_objects(
    store: &Store,
    cluster: &Cluster,
    deployment: &Deployment,
    deletion: Deletion,
) -> DeleteResult<Deleted> {
    let volumes = deletion.delete_volumes.then_some(Kind::PersistentVolumeClaim);
    let kinds: Vec<Kind> = DEPLOYMENT_KINDS.iter().copied().chain(volumes).collect();
    for _ in 0..MAX_CONFLICTS {
        let requests = delete_requests(cluster, deployment, &kinds).await?;
        let newest = store.newest_revision(deployment.id()).await?;
        if newest.is_some_and(|newest| newest.number > deployment.revision.number) {
            return Ok(Deleted::Superseded);
        }
        let mut has_conflict = false;
        for response in join_all(requests.iter().map(|request| cluster.send(request))).await {
            match response {
                Ok(_)
                | Err(ClusterError::Api(ApiError::NotFound | ApiError::ObjectTerminating)) => {}
                Err(ClusterError::Api(ApiError::VersionConflict)) => has_conflict = true,
                Err(error) => return Err(error.into()),
            }
        }
        if !has_conflict {
            return Ok(Deleted::All);
        }
    }
    Err(ClusterError::Api(ApiError::VersionConflict).into())
}

/// The delete requests for all objects that have the deployment's label, were applied by the platform, and are
/// not terminating already.
async fn delete_requests(
    cluster: &Cluster,
    deployment: &Deployment,
    kinds: &[Kind],
) -> DeleteResult<Vec<request::Request>> {
    let namespace = deployment.namespace();
    let lists: Vec<_> = kinds
        .iter()
        .map(|kind| request::list_metadata(*kind, &namespace, Some(deployment.cluster_id())))
        .collect();
    let reads = lists.iter().map(|list| cluster.list::<PartialObject>(list));
    let mut deletes = Vec::new();
    for (kind, found) in kinds.iter().zip(join_all(reads).await) {
        for PartialObject { metadata } in found? {
            if metadata.is_managed_by_nokube() && !metadata.is_terminating() {
                deletes.push(request::delete(*kind, &namespace, &metadata));
            }
        }
    }
    Ok(deletes)
}

/// Deletes the namespace of a tenant that has no deployment, unless it is still needed.
///
/// # Errors
/// The cluster or the store failed.
pub async fn delete_unused_namespace(
    store: &Store,
    cluster: &Cluster,
    tenant: &Tenant<'_>,
) -> nokube_edge::Result<()> {
    let (found, status) = cluster.namespace(tenant).await?;
    let (Some(namespace), NamespaceStatus::Owned { .. }) = (found, status) else { return Ok(()) };
    let deleted = async {
        match has_no_deployment(store, tenant).await? {
            true => delete_namespace(store, cluster, tenant, &namespace).await,
            false => Ok(()),
        }
    };
    match deleted.await {
        Ok(()) => Ok(()),
        Err(DeleteError::Cluster(error)) => Err(error.into()),
        Err(DeleteError::Store(error)) => Err(error),
    }
}

/// Whether the tenant has no other deployment. Revisions are stored before anything is applied, so a
/// deployment that is being created counts.
async fn has_no_deployment(store: &Store, tenant: &Tenant<'_>) -> DeleteResult<bool> {
    let project = tenant.project.id;
    Ok(match tenant.is_preview {
        true => !previews::has_deployed(store, project).await?,
        false => count_deployed(store, project).await? == 0,
    })
}

/// Deletes the namespace unless it still contains a workload, volume or Service, including those that somebody
/// else created, or saved secrets. Terminating objects do not count.
async fn delete_namespace(
    store: &Store,
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    namespace: &PartialObject,
) -> DeleteResult<()> {
    let name = namespace.metadata.name.as_str();
    let kinds = [Kind::Deployment, Kind::PersistentVolumeClaim, Kind::Service, Kind::Secret];
    let lists = kinds.map(|kind| request::list_metadata(kind, name, None));
    let reads = lists.iter().map(|list| cluster.list::<PartialObject>(list));
    for (kind, found) in kinds.into_iter().zip(join_all(reads).await) {
        let is_needed = |object: &PartialObject| {
            let PartialObject { metadata } = object;
            let is_saved =
                || metadata.is_managed_by_nokube() && names::is_saved_secrets(&metadata.name);
            !metadata.is_terminating() && (kind != Kind::Secret || is_saved())
        };
        if found?.iter().any(is_needed) {
            return Ok(());
        }
    }
    // A deployment may have been created during these reads.
    if !has_no_deployment(store, tenant).await? {
        return Ok(());
    }
    let delete = request::delete(Kind::Namespace, name, &namespace.metadata);
    match cluster.send(&delete).await {
        Ok(_) | Err(ClusterError::Api(ApiError::NotFound | ApiError::ObjectTerminating)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
