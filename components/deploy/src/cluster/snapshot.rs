//! What the cluster has of a project, or of one deployment, at one moment.

use super::{
    Cluster, ClusterError, ClusterResult,
    events::events_for_status,
    exposure::{Scope, fetch_exposure},
    logs::last_lines,
};
use crate::deployment::Deployment;
use nokube_domain::{
    ProjectId,
    deployments::{Exposure, ObservedState, Progress, Reachable, Rollout},
};
use nokube_kube::{
    Kind, Platform,
    error::ApiError,
    labels::{DEPLOYMENT_LABEL, PROJECT_LABEL},
    observe::{
        ClusterSnapshot, CrashLog, ExposureObjects, ObservedDeployment, ObservedPod,
        ObservedReplicaSet, PartialObject,
    },
    request,
};

#[derive(Default)]
pub struct Snapshot {
    workloads: ClusterSnapshot,
    exposure: ExposureObjects,
}

impl Snapshot {
    /// The observed state of one deployment.
    pub fn observed(&self, platform: &Platform, deployment: &Deployment) -> ObservedState {
        let mut observed = self.workloads.observed(deployment.record.cluster_id());
        if let ObservedState::Present(rollout) = &mut observed
            && rollout.revision == deployment.revision.number
            && let Some(state) = deployment.revision.deployed()
        {
            let input = deployment.manifest_input(state);
            self.exposure.complete(rollout, platform, &input, &self.workloads);
        }
        observed
    }
}

/// Reads the objects of a project with up to seven concurrent requests.
pub async fn fetch_project_snapshot(
    cluster: &Cluster,
    namespace: &str,
    project: ProjectId,
) -> ClusterResult<Snapshot> {
    let label = (PROJECT_LABEL, &*project.to_string());
    fetch_snapshot(cluster, namespace, label, Scope::All).await
}

/// Reads one deployment's objects: up to seven concurrent requests; then the events, if they can explain more. After
/// a crash of its program the issue also has the last lines of its log.
pub async fn observe(cluster: &Cluster, deployment: &Deployment) -> ObservedState {
    let (namespace, id) = (deployment.namespace(), deployment.record.cluster_id());
    let label = (DEPLOYMENT_LABEL, &*id.to_string());
    let state = deployment.revision.deployed();
    let exposure = state.map_or(&Exposure::None, |state| &state.release.spec.exposure);
    let mut snapshot = match fetch_snapshot(cluster, &namespace, label, Scope::from(exposure)).await
    {
        Ok(snapshot) => snapshot,
        Err(error) => return ObservedState::Unreachable(error.message()),
    };
    let platform = cluster.platform();
    let mut observed = snapshot.observed(platform, deployment);
    if let ObservedState::Present(rollout) = &observed
        && can_events_explain(platform, exposure, rollout)
    {
        snapshot.workloads.events =
            events_for_status(cluster, &namespace, &deployment.record.service).await;
        observed = snapshot.observed(platform, deployment);
    }
    if let ObservedState::Present(rollout) = &mut observed
        && let Some(log) = snapshot.workloads.crash_log(rollout)
        && let Some(lines) = last_lines(cluster, &namespace, &log).await
        && let Some(issue) = rollout.issues.first_mut()
    {
        *issue = CrashLog::explain(issue, &lines);
    }
    observed.limited()
}

/// Whether pods are missing, or an ingress controller publishes no address: it reports errors as events only.
fn can_events_explain(platform: &Platform, exposure: &Exposure, rollout: &Rollout) -> bool {
    let route = platform.apps.as_ref().map(|apps| apps.routing.kind());
    let has_ingress = route == Some(Kind::Ingress) && matches!(exposure, Exposure::External { .. });
    rollout.progress != Progress::Done || (has_ingress && rollout.reachable != Reachable::Yes)
}

/// Reads the objects with a label. The role binding of the platform is deleted with the namespace, so a missing
/// permission without a namespace means that there are no objects.
async fn fetch_snapshot(
    cluster: &Cluster,
    namespace: &str,
    label: (&str, &str),
    scope: Scope,
) -> ClusterResult<Snapshot> {
    match fetch_objects(cluster, namespace, label, scope).await {
        Err(error @ ClusterError::Api(ApiError::MissingPermission(_))) => {
            let get = request::get(Kind::Namespace, namespace, namespace);
            match cluster.read::<PartialObject>(&get).await? {
                Some(_) => Err(error),
                None => Ok(Snapshot::default()),
            }
        }
        snapshot => snapshot,
    }
}

async fn fetch_objects(
    cluster: &Cluster,
    namespace: &str,
    label: (&str, &str),
    scope: Scope,
) -> ClusterResult<Snapshot> {
    let list = |kind| request::list(kind, namespace, Some(label));
    let (deployments, sets, pods) =
        (list(Kind::Deployment), list(Kind::ReplicaSet), list(Kind::Pod));
    // The first error ends the other requests.
    let (deployments, replica_sets, pods, exposure) = futures::try_join!(
        cluster.list::<ObservedDeployment>(&deployments),
        cluster.list::<ObservedReplicaSet>(&sets),
        cluster.list::<ObservedPod>(&pods),
        async { Ok(fetch_exposure(cluster, namespace, label, scope).await) },
    )?;
    let workloads = ClusterSnapshot {
        deployments,
        replica_sets,
        pods,
        read_at: Some(nokube_edge::now()),
        ..ClusterSnapshot::default()
    };
    Ok(Snapshot { workloads, exposure })
}
