//! The state of the cluster before a revision is applied.

use super::{Cluster, ClusterError, ClusterResult, PROPAGATION_RETRIES};
use futures::future::try_join_all;
use nokube_domain::deployments::Exposure;
use nokube_edge::retry::retry;
use nokube_kube::{
    Dependencies, Kind, ManifestInput,
    error::ApiError,
    labels::DEPLOYMENT_LABEL,
    manifest::CurrentObjects,
    names,
    observe::{
        Metadata, NamespaceStatus, ObservedClaim, ObservedDeployment, ObservedQuota,
        ObservedReplicaSet, ObservedService, PartialObject, PodUsage,
    },
    quota::Usage,
    request,
};
use std::time::Duration;

pub struct ClusterState {
    pub namespace: NamespaceStatus,
    pub workload: Option<ObservedDeployment>,
    /// What the new revision continues.
    pub current: CurrentObjects,
    pub usage: Usage,
    /// Objects of earlier revisions that the new revision does not have.
    pub to_prune: Vec<(Kind, Metadata)>,
    pub role: RoleBinding,
}

impl ClusterState {
    /// The number of the revision that the cluster has; 0 if it has none.
    pub fn revision(&self) -> u32 {
        self.workload.as_ref().map_or(0, |workload| workload.metadata.revision())
    }

    fn without_objects(namespace: NamespaceStatus) -> Self {
        Self {
            namespace,
            workload: None,
            current: CurrentObjects::default(),
            usage: Usage::default(),
            to_prune: Vec::new(),
            role: RoleBinding::InEffect,
        }
    }
}

/// The binding of the platform's role in the namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RoleBinding {
    InEffect,
    /// It was bound just now, so the API server may not enforce it yet.
    New,
}

/// Whether an earlier revision may have left objects in the cluster.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EarlierRevision {
    None,
    Deployed,
}

/// What the cluster has of a deployment.
struct Objects {
    workload: Option<ObservedDeployment>,
    current: CurrentObjects,
    usage: Usage,
    to_prune: Vec<(Kind, Metadata)>,
}

/// What the cluster has of earlier revisions.
#[derive(Default)]
struct EarlierObjects {
    replica_sets: Vec<ObservedReplicaSet>,
    service: Option<ObservedService>,
    has_redirect: bool,
    pods: Vec<PodUsage>,
    to_prune: Vec<(Kind, Metadata)>,
}

/// Reads the namespace, the workload, quotas, and the objects of earlier revisions, all concurrently.
pub async fn preflight(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
    earlier: EarlierRevision,
) -> ClusterResult<ClusterState> {
    let read_all = async || read_objects(cluster, input, dependencies, earlier).await;
    let (namespace, objects) = futures::join!(cluster.namespace(&input.tenant), read_all());
    let (_, namespace) = namespace?;
    if matches!(namespace, NamespaceStatus::Absent | NamespaceStatus::Foreign) {
        // Nothing there is the platform's, and it may have no permissions, so errors of the other reads are ignored.
        return Ok(ClusterState::without_objects(namespace));
    }
    let (objects, role) = match (objects, &cluster.platform().deployer_role) {
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
    let Objects { workload, current, usage, to_prune } = objects;
    Ok(ClusterState { namespace, workload, current, usage, to_prune, role })
}

async fn read_objects(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
    earlier: EarlierRevision,
) -> ClusterResult<Objects> {
    let namespace = input.tenant.namespace();
    let quotas = request::list(Kind::ResourceQuota, &namespace, None);
    let earlier_objects = async {
        match earlier {
            EarlierRevision::Deployed => read_earlier(cluster, input, dependencies).await,
            EarlierRevision::None => Ok(EarlierObjects::default()),
        }
    };
    let (workload, claim, quotas, earlier_objects) = futures::join!(
        read_workload(cluster, input),
        read_claim(cluster, input),
        cluster.list::<ObservedQuota>(&quotas),
        earlier_objects,
    );
    let EarlierObjects { replica_sets, service, has_redirect, pods, to_prune } = earlier_objects?;
    let current = CurrentObjects::new(&replica_sets, service.as_ref(), claim?);
    let current = CurrentObjects { has_redirect, ..current };
    let usage = Usage { quotas: quotas?, pods, replica_sets };
    Ok(Objects { workload: workload?, current, usage, to_prune })
}

async fn read_earlier(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
) -> ClusterResult<EarlierObjects> {
    let (namespace, id) = (input.tenant.namespace(), input.id.to_string());
    let label = Some((DEPLOYMENT_LABEL, id.as_str()));
    let pods = request::list(Kind::Pod, &namespace, label);
    let spec = &input.state.release.spec;
    let service = async {
        if spec.exposure == Exposure::None {
            return Ok(None);
        }
        let name = names::service_object(&spec.service);
        cluster.read::<ObservedService>(&request::get(Kind::Service, &namespace, &name)).await
    };
    let redirect = async {
        let name = names::redirect_route(&spec.service);
        if !dependencies.objects.iter().any(|object| object.name == name) {
            return Ok(None);
        }
        cluster.read::<PartialObject>(&request::get(Kind::HttpRoute, &namespace, &name)).await
    };
    let (service, redirect, pods, found) = futures::join!(
        service,
        redirect,
        cluster.list::<PodUsage>(&pods),
        find_objects_to_prune(cluster, input, dependencies),
    );
    let (replica_sets, to_prune) = found?;
    let has_redirect = redirect?.is_some();
    Ok(EarlierObjects { replica_sets, service: service?, has_redirect, pods: pods?, to_prune })
}

/// The claim of the service's volume, if it is to have one.
async fn read_claim(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
) -> ClusterResult<Option<ObservedClaim>> {
    let spec = &input.state.release.spec;
    if spec.volume.is_none() {
        return Ok(None);
    }
    let (namespace, name) = (input.tenant.namespace(), names::volume_claim(&spec.service));
    cluster.read(&request::get(Kind::PersistentVolumeClaim, &namespace, &name)).await
}

async fn read_workload(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
) -> ClusterResult<Option<ObservedDeployment>> {
    let service = input.state.release.spec.service.as_str();
    cluster.read(&request::get(Kind::Deployment, &input.tenant.namespace(), service)).await
}

/// The deployment's ReplicaSets, and those of its objects that the new revision does not have: optional ones, and the
/// variables and secrets of releases that are no longer retained and that no pods use.
async fn find_objects_to_prune(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
) -> ClusterResult<(Vec<ObservedReplicaSet>, Vec<(Kind, Metadata)>)> {
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
    Ok((sets, objects))
}
