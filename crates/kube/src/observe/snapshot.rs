//! Deployments, ReplicaSets and pods as the cluster has them at one moment.

use super::{
    deployment::{ObservedDeployment, ObservedReplicaSet},
    pod::ObservedPod,
    rollout::{WorkloadObjects, rollout_status},
};
use nokube_domain::{
    DeploymentId,
    deployments::{ErrorCode, ObservedState, Rollout},
};

/// The objects of a project, or of one deployment.
#[derive(Clone, Debug, Default)]
pub struct ClusterSnapshot {
    pub deployments: Vec<ObservedDeployment>,
    pub replica_sets: Vec<ObservedReplicaSet>,
    pub pods: Vec<ObservedPod>,
}

impl ClusterSnapshot {
    /// The observed state of one deployment.
    pub fn observed(&self, id: DeploymentId) -> ObservedState {
        let deployment = self.deployments.iter().find(|found| found.metadata.is_of_deployment(id));
        let Some(deployment) = deployment else { return ObservedState::Absent };
        let sets = self.replica_sets.iter();
        let pods = self.pods.iter();
        let objects = WorkloadObjects {
            deployment,
            replica_sets: sets.filter(|set| set.metadata.is_of_deployment(id)).collect(),
            pods: pods.filter(|pod| pod.metadata.is_of_deployment(id)).collect(),
        };
        ObservedState::Present(Box::new(rollout_status(&objects)))
    }

    /// A pod of the newest revision whose program crashed, if that is why the rollout fails.
    pub fn crashed_pod(&self, rollout: &Rollout) -> Option<&ObservedPod> {
        let (code, _) = rollout.failure.as_ref()?;
        if !matches!(code, ErrorCode::Crash | ErrorCode::StartCommand) {
            return None;
        }
        let is_current = |pod: &&ObservedPod| {
            rollout.pods.iter().any(|view| view.current && view.name == pod.metadata.name)
        };
        self.pods.iter().filter(is_current).find(|pod| pod.has_crashed())
    }
}
