//! The state of a rollout, by the rules of `kubectl rollout status`.
//!
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status>

use super::{
    deployment::{ObservedDeployment, ObservedReplicaSet},
    messages,
    metadata::Metadata,
    pod::ObservedPod,
};
use nokube_domain::deployments::{ErrorCode, Progress, Rollout};

/// On a ReplicaSet: its number. On a Deployment: the number of its newest ReplicaSet.
const REPLICA_SET_NUMBER: &str = "deployment.kubernetes.io/revision";
const TEMPLATE_HASH_LABEL: &str = "pod-template-hash";

/// A Deployment with its ReplicaSets and pods.
pub(super) struct WorkloadObjects<'a> {
    pub(super) deployment: &'a ObservedDeployment,
    pub(super) replica_sets: Vec<&'a ObservedReplicaSet>,
    pub(super) pods: Vec<&'a ObservedPod>,
}

fn replica_set_number(metadata: &Metadata) -> Option<u64> {
    metadata.annotations.get(REPLICA_SET_NUMBER)?.parse().ok()
}

impl<'a> WorkloadObjects<'a> {
    /// The template hash of the newest ReplicaSet, if there is one.
    fn current_hash(&self) -> Option<&'a str> {
        let newest = replica_set_number(&self.deployment.metadata);
        let uid = &self.deployment.metadata.uid;
        let owned = self.replica_sets.iter().filter(|set| {
            let mut owners = set.metadata.owner_references.iter();
            owners.any(|owner| owner.uid == *uid)
        });
        let current = owned
            .filter(|set| newest.is_none() || replica_set_number(&set.metadata) == newest)
            .max_by_key(|set| replica_set_number(&set.metadata))?;
        current.metadata.labels.get(TEMPLATE_HASH_LABEL).map(String::as_str)
    }

    /// The pods of the newest ReplicaSet, without those that are terminating.
    fn current_pods(&self) -> impl Iterator<Item = &'a ObservedPod> {
        let hash = self.current_hash();
        // Until the controller acts on a new spec, the newest ReplicaSet is that of the previous one.
        let is_status_current = self.deployment.is_status_current();
        let pods = self.pods.iter().copied();
        pods.filter(move |pod| is_status_current && has_template_hash(pod, hash))
    }

    /// The rules of `kubectl rollout status`, in their order.
    fn is_done(&self) -> bool {
        let status = &self.deployment.status;
        self.deployment.is_status_current()
            && !self.has_exceeded_deadline()
            && status.updated_replicas >= self.deployment.replicas()
            && status.replicas <= status.updated_replicas
            && status.available_replicas >= status.updated_replicas
    }

    fn has_exceeded_deadline(&self) -> bool {
        let progressing = self.deployment.condition("Progressing");
        progressing.is_some_and(|condition| condition.reason == "ProgressDeadlineExceeded")
    }

    /// A failure of the Deployment itself, not of a pod: its code and message.
    fn failure(&self) -> Option<(ErrorCode, String)> {
        if !self.deployment.is_status_current() {
            return None;
        }
        let failure = self.deployment.condition("ReplicaFailure");
        if let Some(failure) = failure.filter(|condition| condition.status == "True") {
            return Some(messages::failed_create(&failure.message));
        }
        self.has_exceeded_deadline().then(|| {
            let has_unready_pods = self.current_pods().any(|pod| !pod.is_ready());
            let message = match has_unready_pods {
                false => "The rollout made no progress for 10 minutes.".to_owned(),
                true => {
                    "Its pods run but do not become ready: the readiness check fails. Does the \
                         program listen on container_port and all addresses (0.0.0.0), and is \
                         readiness_check_path right?"
                        .to_owned()
                }
            };
            (ErrorCode::NotReady, message)
        })
    }
}

/// Whether the pod belongs to the ReplicaSet with this hash and is not terminating.
fn has_template_hash(pod: &ObservedPod, hash: Option<&str>) -> bool {
    let label = pod.metadata.labels.get(TEMPLATE_HASH_LABEL).map(String::as_str);
    !pod.metadata.is_terminating() && hash.is_some() && label == hash
}

pub(super) fn rollout_status(objects: &WorkloadObjects<'_>) -> Rollout {
    let status = &objects.deployment.status;
    let hash = objects.current_hash();
    let pod_failures: Vec<_> = objects.current_pods().filter_map(ObservedPod::failure).collect();
    // A permanent failure has precedence over a temporary one.
    let worst = pod_failures.iter().find(|f| f.is_permanent).or(pod_failures.first());
    let pod_failure = worst.map(|f| (f.code, f.message.clone()));
    let (progress, failure) = if objects.is_done() {
        (Progress::Done, None)
    } else if worst.is_some_and(|failure| failure.is_permanent) {
        (Progress::Stuck, pod_failure)
    } else if let Some(failure) = objects.failure() {
        (Progress::Stuck, pod_failure.or(Some(failure)))
    } else {
        (Progress::Rolling, pod_failure)
    };
    let is_ready_and_previous = |pod: &&ObservedPod| {
        !pod.metadata.is_terminating() && !has_template_hash(pod, hash) && pod.is_ready()
    };
    let previous_serves =
        progress == Progress::Stuck && objects.pods.iter().any(is_ready_and_previous);
    let failure = failure.map(|(code, message)| match previous_serves {
        true => (code, format!("{message} The pods of the previous revision go on serving.")),
        false => (code, message),
    });
    Rollout {
        revision: objects.deployment.metadata.revision(),
        progress,
        ready: status.ready_replicas,
        total: objects.deployment.replicas(),
        pods: objects.pods.iter().map(|pod| pod.view(has_template_hash(pod, hash))).collect(),
        conditions: status.conditions.clone(),
        failure,
        digest: objects.current_pods().find_map(ObservedPod::digest),
    }
}
