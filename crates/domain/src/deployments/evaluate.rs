//! The status of a deployment and its issues: what was asked for, compared with what the cluster has.

use super::{
    ApplyOutcome, ErrorCode, Issue, LastObservation, ObjectError, ObservedState, Progress, Rollout,
    Status, render::StatusInput,
};
use crate::Timestamp;

/// Seconds that pods may take to receive requests. It is the progress deadline of the Deployments, which
/// Kubernetes does not apply to a change of the number of pods, nor to a pod that replaces a lost one.
const DEADLINE_SECONDS: i64 = 600;

/// The status, and why it is not `running`; the worst issue first.
pub(super) fn evaluate(
    input: &StatusInput<'_>,
    observed: &ObservedState,
    now: Timestamp,
) -> (Status, Vec<Issue>) {
    let outcome = input.current_outcome().map(|record| &record.outcome);
    match (outcome, observed) {
        (Some(ApplyOutcome::Rejected { errors, applied }), _) => {
            let mut issues = vec![rejection(errors, applied)];
            issues.extend(issues_of(observed));
            (status_if_rejected(input, observed), issues)
        }
        (_, ObservedState::Unreachable(why)) => {
            let action = "This is what was last seen. The next look tries again.";
            let issue = Issue::temporary(ErrorCode::ClusterUnreachable, why.as_str(), action);
            (input.status_if_unreachable(), vec![issue])
        }
        (Some(ApplyOutcome::Interrupted(why)), _) => {
            let message = format!("Not everything has been applied to the cluster yet: {why}");
            let issue =
                Issue::temporary(ErrorCode::Interrupted, message, "It is tried again by itself.");
            (Status::Pending, vec![issue])
        }
        (None, ObservedState::Absent) => (Status::Pending, Vec::new()),
        (Some(ApplyOutcome::Applied), ObservedState::Absent) => {
            let message = "Somebody has removed it from the cluster.";
            let action = "Apply it again, or deploy it.";
            (Status::Failed, vec![Issue::permanent(ErrorCode::Removed, message, action)])
        }
        (_, ObservedState::Present(rollout)) => {
            let status = rollout_status(input, rollout, now);
            let issues = rollout_issues(status, rollout);
            (status, unknown_revision(input, rollout).into_iter().chain(issues).collect())
        }
    }
}

fn issues_of(observed: &ObservedState) -> Vec<Issue> {
    match observed {
        ObservedState::Present(rollout) => rollout.issues.clone(),
        ObservedState::Absent | ObservedState::Unreachable(_) => Vec::new(),
    }
}

/// Pods of an older release may go on serving.
fn status_if_rejected(input: &StatusInput<'_>, observed: &ObservedState) -> Status {
    let ready = match observed {
        ObservedState::Present(rollout) => rollout.ready,
        ObservedState::Absent => 0,
        ObservedState::Unreachable(_) => input.own_last_observation().map_or(0, |last| last.ready),
    };
    if ready > 0 { Status::Degraded } else { Status::Failed }
}

/// Names the rejected objects. The view also lists each error.
fn rejection(errors: &[ObjectError], applied: &[String]) -> Issue {
    let mut message = match errors {
        [only] => format!("The cluster rejected {} {}: {}", only.kind, only.name, only.detail),
        many => {
            let names: Vec<_> =
                many.iter().map(|error| format!("{} {}", error.kind, error.name)).collect();
            format!("The cluster rejected {}.", names.join(", "))
        }
    };
    if !applied.is_empty() {
        message.push_str(&format!(" These were applied: {}.", applied.join(", ")));
    }
    let details: Vec<_> = errors.iter().map(|error| error.detail.as_str()).collect();
    let detail = if errors.len() > 1 { details.join("\n") } else { String::new() };
    let action = "Fix it and deploy again; nothing has to be removed first.";
    Issue::permanent(ErrorCode::Refused, message, action).with_detail(&detail)
}

fn rollout_status(input: &StatusInput<'_>, rollout: &Rollout, now: Timestamp) -> Status {
    let last = input.last_status();
    match rollout.progress {
        _ if rollout.revision < input.revision.number => Status::Deploying,
        Progress::Done if input.deployed.stopped => Status::Stopped,
        _ if input.deployed.stopped => Status::Deploying,
        // What is seen is of an older spec, such as before an autoscaler changed the number of pods.
        Progress::Unobserved => last.unwrap_or(Status::Deploying),
        Progress::Done => Status::Running,
        Progress::Incomplete if serves_enough(input, rollout, now) => Status::Running,
        _ if may_still_start(input, rollout, now) => Status::Deploying,
        _ if rollout.ready > 0 => Status::Degraded,
        _ => Status::Failed,
    }
}

/// Whether an autoscaler adds pods, and nothing is wrong with them. A new pod need not pass its checks at once.
fn serves_enough(input: &StatusInput<'_>, rollout: &Rollout, now: Timestamp) -> bool {
    let spec = &input.deployed.release.spec;
    let are_new = rollout.starting_since.is_some_and(|since| is_recent(since, now));
    let is_start = |issue: &Issue| are_new && issue.temporary && issue.code == ErrorCode::NotReady;
    spec.scaling.is_some()
        && rollout.current_ready >= spec.min_replicas().max(1)
        && !rollout.has_lost_pod
        && rollout.pod_issues().all(is_start)
}

fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    now.as_second() - since.as_second() < DEADLINE_SECONDS
}

/// Whether waiting may be enough for all pods of the newest release to receive requests.
fn may_still_start(input: &StatusInput<'_>, rollout: &Rollout, now: Timestamp) -> bool {
    let is_recent = |since| is_recent(since, now);
    if rollout.pod_issues().any(|issue| !issue.temporary) {
        return false;
    }
    match rollout.progress {
        Progress::Unobserved | Progress::Rolling => true,
        Progress::Done | Progress::Overdue => false,
        // Either the number of pods was changed, or pods were lost.
        Progress::Incomplete => {
            let is_change_of_scale = is_recent(input.revision.at)
                && input.last_status().is_none()
                && !rollout.has_lost_pod;
            // A node was drained, for example.
            let is_replacing = rollout.ready == 0 && rollout.starting_since.is_some_and(is_recent);
            is_change_of_scale || is_replacing
        }
    }
}

/// The issues, so that each status other than `running` has one that explains it.
fn rollout_issues(status: Status, rollout: &Rollout) -> Vec<Issue> {
    let mut issues = rollout.issues.clone();
    let Rollout { ready, current_ready, total, .. } = rollout;
    let is_short = matches!(status, Status::Degraded | Status::Failed);
    if is_short && rollout.pod_issues().next().is_none() {
        let message = match (*ready, *current_ready) {
            (0, _) => "None of its pods receives requests.".to_owned(),
            (_, 0) => "No pod of the newest release receives requests.".to_owned(),
            _ => format!("{current_ready} of {total} pods of the newest release receive requests."),
        };
        let action = "Look at the state and the log of its pods.";
        issues.insert(0, Issue::temporary(ErrorCode::NotReady, message, action));
    }
    let only_older_serves = status == Status::Degraded && *current_ready == 0;
    if let Some(first) = issues.first_mut().filter(|_| only_older_serves) {
        first.message.push_str(" The pods of the previous revision go on serving.");
    }
    issues
}

/// If the cluster has a revision that the store does not have: the store is an older copy, or another platform uses the
/// same namespace.
fn unknown_revision(input: &StatusInput<'_>, rollout: &Rollout) -> Option<Issue> {
    let (found, known) = (rollout.revision, input.revision.number);
    (found > known).then(|| {
        let message = format!(
            "The cluster has revision {found} of it, which the platform does not know: the newest one it knows is \
             {known}. So another release may run than the one that is shown."
        );
        let action = "Deploy it again, or apply it again: that makes a newer revision.";
        Issue::permanent(ErrorCode::ChangedByOthers, message, action)
    })
}

impl Rollout {
    /// The issues about pods, without those about the address or about changes by others.
    fn pod_issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.code.is_about_pods())
    }
}

impl StatusInput<'_> {
    /// The last observation, if it is of this deployment.
    fn own_last_observation(&self) -> Option<&LastObservation> {
        self.last_observation.filter(|last| last.deployment_id == self.revision.deployment_id)
    }

    /// The last observed status of the current revision, if its rollout was over then.
    fn last_status(&self) -> Option<Status> {
        let last = self.own_last_observation()?;
        let is_over = matches!(last.status, Status::Running | Status::Degraded | Status::Failed);
        (last.revision == self.revision.number && is_over).then_some(last.status)
    }

    /// The status while the cluster is unreachable: the last observed status of the current revision,
    /// if there is one.
    fn status_if_unreachable(&self) -> Status {
        let last = self.own_last_observation();
        let last = last.filter(|last| last.revision >= self.revision.number);
        match (last, self.current_outcome().map(|record| &record.outcome)) {
            (Some(last), _) => last.status,
            (None, Some(ApplyOutcome::Applied)) => Status::Deploying,
            (None, _) => Status::Pending,
        }
    }
}
