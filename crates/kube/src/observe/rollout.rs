//! How far a Deployment has come, as `kubectl rollout status` decides.
//!
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status>

use super::{DeploymentSeen, PodSeen, ReplicaSetSeen, words};
use nokube_domain::deploy::{ConditionView, Progress, Rollout};

/// Where Kubernetes numbers the ReplicaSets of a Deployment, and the Deployment's own newest.
const NUMBER: &str = "deployment.kubernetes.io/revision";
const TEMPLATE_HASH: &str = "pod-template-hash";

/// All that was read about a deployment.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    pub deployment: &'a DeploymentSeen,
    pub replica_sets: &'a [ReplicaSetSeen],
    pub pods: &'a [PodSeen],
}

impl<'a> Evidence<'a> {
    /// The template's hash of the newest ReplicaSet; `None` before there is one.
    fn current_hash(&self) -> Option<&'a str> {
        let number = |annotations: &std::collections::BTreeMap<String, String>| {
            annotations.get(NUMBER).and_then(|text| text.parse::<u64>().ok())
        };
        let newest = number(&self.deployment.metadata.annotations);
        let uid = &self.deployment.metadata.uid;
        let own = self
            .replica_sets
            .iter()
            .filter(|set| set.metadata.owner_references.iter().any(|owner| owner.uid == *uid));
        let set = own
            .filter(|set| newest.is_none() || number(&set.metadata.annotations) == newest)
            .max_by_key(|set| number(&set.metadata.annotations))?;
        set.metadata.labels.get(TEMPLATE_HASH).map(String::as_str)
    }

    /// The pods of the newest ReplicaSet that are not on their way out.
    pub fn current_pods(&self) -> impl Iterator<Item = &'a PodSeen> + use<'a> {
        let hash = self.current_hash();
        // Until the controller has seen what we applied, its newest ReplicaSet is the one before.
        let seen = self.is_observed();
        self.pods.iter().filter(move |pod| seen && is_of(pod, hash))
    }

    fn is_observed(&self) -> bool {
        self.deployment.metadata.generation <= self.deployment.status.observed_generation
    }

    fn condition(&self, kind: &str) -> Option<&'a ConditionView> {
        self.deployment.status.conditions.iter().find(|condition| condition.r#type == kind)
    }

    /// The rules of `kubectl rollout status`, in their order.
    fn is_done(&self) -> bool {
        let status = &self.deployment.status;
        let wanted = self.deployment.spec.replicas.unwrap_or(1);
        self.is_observed()
            && !self.is_overdue()
            && status.updated_replicas >= wanted
            && status.replicas <= status.updated_replicas
            && status.available_replicas >= status.updated_replicas
    }

    /// Has it made no progress for too long?
    fn is_overdue(&self) -> bool {
        self.condition("Progressing").is_some_and(|c| c.reason == "ProgressDeadlineExceeded")
    }

    /// What is wrong with the rollout itself: `Some((code, message))`.
    fn stuck(&self) -> Option<(String, String)> {
        if !self.is_observed() {
            return None;
        }
        let failure = self.condition("ReplicaFailure").filter(|c| c.status == "True");
        if let Some(failure) = failure {
            let (code, message) = words::failed_create(&failure.message);
            return Some((code.into(), message));
        }
        self.is_overdue().then(|| {
            let unready = self.current_pods().filter(|pod| !pod.is_ready()).count();
            let message = match unready {
                0 => "The rollout made no progress for 10 minutes.".to_owned(),
                _ => "Its pods run but do not become ready: the readiness check fails. Does the \
                      program listen on container_port and all addresses (0.0.0.0), and is \
                      readiness_check_path right?"
                    .to_owned(),
            };
            ("not_ready".into(), message)
        })
    }
}

fn is_of(pod: &PodSeen, hash: Option<&str>) -> bool {
    pod.metadata.deletion_timestamp.is_none()
        && hash.is_some()
        && pod.metadata.labels.get(TEMPLATE_HASH).map(String::as_str) == hash
}

/// How the rollout goes.
pub fn rollout(evidence: &Evidence<'_>) -> Rollout {
    let status = &evidence.deployment.status;
    let wanted = evidence.deployment.spec.replicas.unwrap_or(1);
    let hash = evidence.current_hash();
    let troubles: Vec<_> = evidence.current_pods().filter_map(PodSeen::trouble).collect();
    // One that will not mend itself tells more than one that may.
    let worst = troubles.iter().find(|t| t.stuck).or(troubles.first());
    let told = worst.map(|t| (t.code.to_owned(), t.message.clone()));
    let (progress, trouble) = if evidence.is_done() {
        (Progress::Done, None)
    } else if worst.is_some_and(|trouble| trouble.stuck) {
        (Progress::Stuck, told)
    } else if let Some(stuck) = evidence.stuck() {
        (Progress::Stuck, told.or(Some(stuck)))
    } else {
        (Progress::Rolling, told)
    };
    let serves = |pod: &PodSeen| {
        pod.metadata.deletion_timestamp.is_none() && !is_of(pod, hash) && pod.is_ready()
    };
    let serving = progress == Progress::Stuck && evidence.pods.iter().any(serves);
    let trouble = trouble.map(|(code, message)| match serving {
        true => (code, format!("{message} The pods of the revision before go on serving.")),
        false => (code, message),
    });
    Rollout {
        revision: evidence.deployment.metadata.revision(),
        progress,
        ready: status.ready_replicas,
        total: wanted,
        pods: evidence.pods.iter().map(|pod| pod.view(is_of(pod, hash))).collect(),
        conditions: status.conditions.clone(),
        trouble,
        digest: evidence.current_pods().find_map(PodSeen::digest),
    }
}
