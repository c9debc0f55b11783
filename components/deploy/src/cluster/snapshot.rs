//! Deployments, ReplicaSets and pods as the cluster has them at one moment.

use super::{Cluster, ClusterError, ClusterResult, logs::last_lines};
use crate::deployment::Deployment;
use nokube_domain::{ProjectId, deployments::ObservedState};
use nokube_kube::{
    Kind,
    error::ApiError,
    labels::{DEPLOYMENT_LABEL, PROJECT_LABEL},
    observe::{
        ClusterSnapshot, ObservedDeployment, ObservedPod, ObservedReplicaSet, PartialObject,
    },
    request,
};

/// Reads the objects of a project with three concurrent requests.
pub async fn fetch_project_snapshot(
    cluster: &Cluster,
    namespace: &str,
    project: ProjectId,
) -> ClusterResult<ClusterSnapshot> {
    fetch_snapshot(cluster, namespace, (PROJECT_LABEL, &project.to_string())).await
}

/// Reads one deployment's objects. After a crash of its program the message also has the last lines of
/// its log.
pub async fn observe(cluster: &Cluster, deployment: &Deployment) -> ObservedState {
    let (namespace, id) = (deployment.namespace(), deployment.id());
    let label = (DEPLOYMENT_LABEL, &*id.to_string());
    let snapshot = match fetch_snapshot(cluster, &namespace, label).await {
        Ok(snapshot) => snapshot,
        Err(error) => return ObservedState::Unreachable(error.message()),
    };
    let mut observed = snapshot.observed(id);
    if let ObservedState::Present(rollout) = &mut observed
        && let Some(pod) = snapshot.crashed_pod(rollout)
        && let Some(lines) = last_lines(cluster, &namespace, pod).await
        && let Some((_, message)) = &mut rollout.failure
    {
        message.push_str(&format!(" Its last lines:\n{lines}"));
    }
    observed
}

/// Reads the objects with a label. The role binding of the platform is deleted with the namespace, so a missing
/// permission without a namespace means that there are no objects.
async fn fetch_snapshot(
    cluster: &Cluster,
    namespace: &str,
    label: (&str, &str),
) -> ClusterResult<ClusterSnapshot> {
    match fetch_objects(cluster, namespace, label).await {
        Err(error @ ClusterError::Api(ApiError::MissingPermission(_))) => {
            let get = request::get(Kind::Namespace, namespace, namespace);
            match cluster.read::<PartialObject>(&get).await? {
                Some(_) => Err(error),
                None => Ok(ClusterSnapshot::default()),
            }
        }
        snapshot => snapshot,
    }
}

async fn fetch_objects(
    cluster: &Cluster,
    namespace: &str,
    label: (&str, &str),
) -> ClusterResult<ClusterSnapshot> {
    let list = |kind| request::list(kind, namespace, Some(label));
    let (deployments, sets, pods) =
        (list(Kind::Deployment), list(Kind::ReplicaSet), list(Kind::Pod));
    let (deployments, replica_sets, pods) = futures::join!(
        cluster.list::<ObservedDeployment>(&deployments),
        cluster.list::<ObservedReplicaSet>(&sets),
        cluster.list::<ObservedPod>(&pods),
    );
    Ok(ClusterSnapshot { deployments: deployments?, replica_sets: replica_sets?, pods: pods? })
}
