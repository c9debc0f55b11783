//! Deployments, ReplicaSets and pods as the cluster has them at one moment.

use super::{
    deployment::{ObservedDeployment, ObservedReplicaSet},
    event::ObservedEvent,
    pod::ObservedPod,
    pod_issues::CrashLog,
    rollout::{WorkloadObjects, rollout_status},
};
use nokube_domain::{
    DeploymentId, Timestamp,
    deployments::{ErrorCode, ObservedState, Rollout},
};

/// The objects of a project, or of one deployment.
#[derive(Clone, Debug, Default)]
pub struct ClusterSnapshot {
    pub deployments: Vec<ObservedDeployment>,
    pub replica_sets: Vec<ObservedReplicaSet>,
    pub pods: Vec<ObservedPod>,
    /// The namespace's events. They explain more, but may be left out.
    pub events: Vec<ObservedEvent>,
    /// When the objects were read, if that is known.
    pub read_at: Option<Timestamp>,
}

impl ClusterSnapshot {
    /// The observed state of one deployment.
    pub fn observed(&self, id: DeploymentId) -> ObservedState {
        let deployment = self.deployments.iter().find(|found| found.metadata.is_of_deployment(id));
        let Some(deployment) = deployment else { return ObservedState::Absent };
        let sets = self.replica_sets.iter();
        let pods = self.pods.iter();
        let pods: Vec<_> = pods.filter(|pod| pod.metadata.is_of_deployment(id)).collect();
        let is_about = |event: &&ObservedEvent| pods.iter().any(|pod| pod.is_named_in(event));
        let objects = WorkloadObjects {
            deployment,
            replica_sets: sets.filter(|set| set.metadata.is_of_deployment(id)).collect(),
            events: self.events.iter().filter(is_about).collect(),
            pods,
            read_at: self.read_at,
        };
        ObservedState::Present(Box::new(rollout_status(&objects)))
    }

    /// The log of a program of the newest revision that crashed, if that is why the rollout fails.
    pub fn crash_log(&self, rollout: &Rollout) -> Option<CrashLog> {
        let code = rollout.issues.first()?.code;
        if !matches!(code, ErrorCode::Crash | ErrorCode::StartCommand) {
            return None;
        }
        let has_crashed = |pod: &&ObservedPod| {
            let views = &mut rollout.pods.iter();
            views.any(|view| {
                let issue = view.issues.first().map(|issue| issue.code);
                view.current && view.name == pod.metadata.name && issue == Some(code)
            })
        };
        self.pods.iter().filter(has_crashed).find_map(ObservedPod::crash_log)
    }
}
