//! The state of a rollout, by the rules of `kubectl rollout status`.
//!
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status>

use super::{
    deployment::{ObservedDeployment, ObservedReplicaSet},
    event::ObservedEvent,
    metadata::Metadata,
    pod::ObservedPod,
    pod_issues::PodContext,
    reasons::{Facts, Found, Repetition, Source},
};
use nokube_domain::{
    Timestamp,
    deployments::{ErrorCode, Issue, Progress, Reachable, Rollout},
};

/// On a ReplicaSet: its number. On a Deployment: the number of its newest ReplicaSet.
const REPLICA_SET_NUMBER: &str = "deployment.kubernetes.io/revision";
const TEMPLATE_HASH_LABEL: &str = "pod-template-hash";

/// The reason of the condition `Progressing` once a rollout has completed. It stays so if pods fail later, or if the
/// number of pods is changed.
const COMPLETED: &str = "NewReplicaSetAvailable";
/// So many pods that ended for the same reason are a repetition.
const MIN_REPEATED_ENDS: usize = 3;

/// A Deployment with its ReplicaSets and pods, and the events about them.
pub(super) struct WorkloadObjects<'a> {
    pub(super) deployment: &'a ObservedDeployment,
    pub(super) replica_sets: Vec<&'a ObservedReplicaSet>,
    pub(super) pods: Vec<&'a ObservedPod>,
    pub(super) events: Vec<&'a ObservedEvent>,
    pub(super) read_at: Option<Timestamp>,
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

    fn progress(&self) -> Progress {
        let status = &self.deployment.status;
        let progressing = self.deployment.condition("Progressing");
        let reason = progressing.map(|found| found.reason.as_str()).unwrap_or_default();
        let has_old_pods = status.replicas > status.updated_replicas;
        // The rules of `kubectl rollout status`, in their order.
        if !self.deployment.is_status_current() {
            Progress::Unobserved
        } else if reason == "ProgressDeadlineExceeded" {
            Progress::Overdue
        } else if status.updated_replicas >= self.deployment.replicas()
            && !has_old_pods
            && status.available_replicas >= status.updated_replicas
        {
            Progress::Done
        } else if reason == COMPLETED && !has_old_pods {
            Progress::Incomplete
        } else {
            Progress::Rolling
        }
    }

    /// Why pods do not receive requests.
    fn issues(&self, progress: Progress) -> Vec<Issue> {
        if matches!(progress, Progress::Unobserved | Progress::Done) {
            return Vec::new();
        }
        let unready = self.current_pods().filter(|pod| !pod.is_ready());
        let mut issues: Vec<_> = unready.flat_map(|pod| pod.issues(&self.context())).collect();
        issues.extend(self.repeated_ends());
        issues.extend(self.creation_issue());
        if issues.is_empty() && progress == Progress::Overdue {
            issues.extend(self.deployment_issue("ProgressDeadlineExceeded", ""));
        }
        Issue::sort(issues)
    }

    fn context(&self) -> PodContext<'_> {
        PodContext { events: &self.events, read_at: self.read_at }
    }

    /// Pods that are replaced and end again for the same reason.
    fn repeated_ends(&self) -> Option<Issue> {
        let context = self.context();
        let ends = self.current_pods().filter(|pod| pod.has_ended());
        let ends: Vec<Issue> =
            ends.filter_map(|pod| pod.end_issue(&context, Repetition::Repeated)).collect();
        let is_repeated = |issue: &&Issue| {
            let same = ends.iter().filter(|other| other.message == issue.message);
            same.count() >= MIN_REPEATED_ENDS
        };
        ends.iter().find(is_repeated).cloned()
    }

    /// Why pods or their ReplicaSet cannot be created.
    fn creation_issue(&self) -> Option<Issue> {
        let deployment = self.deployment;
        let failure = deployment.condition("ReplicaFailure").filter(|found| found.status == "True");
        let no_set = deployment.condition("Progressing");
        let no_set = no_set.filter(|found| found.reason == "ReplicaSetCreateError");
        let found = failure.or(no_set)?;
        let issue = self.deployment_issue(&found.reason, &found.message)?;
        // Pods that are terminating count for the quota until they are gone.
        let may_pass = issue.code == ErrorCode::Quota
            && self.pods.iter().any(|pod| pod.metadata.is_terminating());
        Some(Issue { temporary: issue.temporary || may_pass, ..issue })
    }

    fn deployment_issue(&self, reason: &str, message: &str) -> Option<Issue> {
        let policy = policy(message).map(|name| format!(" ({name})")).unwrap_or_default();
        let found = Found::new(Source::Deployment, reason, message);
        let issue = found.issue(&Facts::default().with("policy", policy))?;
        let name = &self.deployment.metadata.name;
        Some(issue.with_detail(message).with_object("Deployment", name))
    }
}

/// The name of the policy or webhook that rejects an object.
fn policy(message: &str) -> Option<&str> {
    let quoted = |start: &str, end: char| {
        let (_, rest) = message.split_once(start)?;
        rest.split_once(end).map(|(name, _)| name)
    };
    quoted("ValidatingAdmissionPolicy '", '\'')
        .or_else(|| quoted("denied the request: [", ']'))
        .or_else(|| quoted("admission webhook \"", '"'))
        .or_else(|| quoted("policy '", '\''))
}

/// Whether the pod belongs to the ReplicaSet with this hash and is not terminating.
fn has_template_hash(pod: &ObservedPod, hash: Option<&str>) -> bool {
    let label = pod.metadata.labels.get(TEMPLATE_HASH_LABEL).map(String::as_str);
    !pod.metadata.is_terminating() && hash.is_some() && label == hash
}

pub(super) fn rollout_status(objects: &WorkloadObjects<'_>) -> Rollout {
    let status = &objects.deployment.status;
    let hash = objects.current_hash();
    let progress = objects.progress();
    let is_starting =
        |pod: &&ObservedPod| !pod.is_ready() && !pod.has_ended() && !pod.has_lost_readiness();
    let starting = objects.current_pods().filter(is_starting);
    let view = |pod: &&ObservedPod| pod.view(has_template_hash(pod, hash), &objects.context());
    Rollout {
        revision: objects.deployment.metadata.revision(),
        progress,
        ready: status.ready_replicas,
        current_ready: u32::try_from(objects.current_pods().filter(|pod| pod.is_ready()).count())
            .unwrap_or(u32::MAX),
        total: objects.deployment.replicas(),
        starting_since: starting.filter_map(|pod| pod.metadata.creation_timestamp).min(),
        has_lost_pod: objects.current_pods().any(ObservedPod::has_lost_readiness),
        pods: objects.pods.iter().map(view).collect(),
        conditions: status.conditions.clone(),
        issues: objects.issues(progress),
        reachable: Reachable::Unknown,
        digest: objects.current_pods().find_map(ObservedPod::digest),
    }
}
