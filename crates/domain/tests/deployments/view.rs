//! The view of a deployment, for each combination of desired state, outcome and observed state.

use crate::fixtures::{at, digest, id, release};
use nokube_domain::{
    DeploymentId, ProjectId,
    deployments::{
        ApplyOutcome, Cause, DeployedState, DeploymentView, DesiredState, ErrorCode, Issue,
        LastObservation, ObjectError, ObservedState, OutcomeRecord, Progress, Reachable, Revision,
        Rollout, Status, StatusInput, view,
    },
};
use serde_json::json;

/// The number of the current revision.
const NUMBER: u32 = 4;

fn record(outcome: ApplyOutcome) -> OutcomeRecord {
    OutcomeRecord {
        deployment_id: id(),
        revision: NUMBER,
        at: at(5),
        outcome,
        warnings: vec!["old API".into()],
    }
}

fn rejected() -> ApplyOutcome {
    let error = ObjectError {
        kind: "Deployment".into(),
        name: "frontend".into(),
        field: Some("replicas".into()),
        detail: "too many.".into(),
    };
    ApplyOutcome::Rejected { errors: vec![error], applied: vec!["Service x".into()] }
}

fn interrupted() -> ApplyOutcome {
    ApplyOutcome::Interrupted("It did not answer.".into())
}

/// A rollout in which one of three pods of the newest release receives requests.
fn rollout(revision: u32, progress: Progress) -> ObservedState {
    present(Rollout { revision, ..rolling(progress, 1, 1) })
}

fn present(rollout: Rollout) -> ObservedState {
    ObservedState::Present(Box::new(rollout))
}

/// A rollout of three pods, of which `ready` receive requests, and `current` are also of the newest release.
fn rolling(progress: Progress, ready: u32, current: u32) -> Rollout {
    Rollout {
        revision: NUMBER,
        progress,
        ready,
        current_ready: current,
        total: 3,
        starting_since: None,
        has_lost_pod: false,
        pods: Vec::new(),
        conditions: Vec::new(),
        issues: Vec::new(),
        reachable: Reachable::Unknown,
        digest: Some(digest('d')),
    }
}

fn crash() -> Issue {
    Issue::permanent(ErrorCode::Crash, "It crashed.", "Look at its log.")
}

fn no_cpu() -> Issue {
    Issue::temporary(ErrorCode::Unschedulable, "There is not enough CPU.", "Wait.")
}

fn unreachable() -> ObservedState {
    ObservedState::Unreachable("The cluster does not answer.".into())
}

fn last_observation(revision: u32) -> LastObservation {
    LastObservation {
        deployment_id: id(),
        revision,
        status: Status::Running,
        ready: 2,
        total: 2,
        access_url: None,
        at: at(3),
    }
}

/// The view of the current revision.
fn view_of(
    stopped: bool,
    outcome: Option<&OutcomeRecord>,
    last_observation: Option<&LastObservation>,
    observed: &ObservedState,
) -> DeploymentView {
    let request = json!({ "image_name": "nginx:1", "replicas": 3 });
    view_at(9, &request, stopped, outcome, last_observation, observed)
}

/// The view at a second; the current revision is of second 4.
fn view_at(
    second: i64,
    request: &serde_json::Value,
    stopped: bool,
    outcome: Option<&OutcomeRecord>,
    last_observation: Option<&LastObservation>,
    observed: &ObservedState,
) -> DeploymentView {
    let release = release(2, request.clone());
    let deployed = DeployedState::with_release(None, release, 5).with_stopped(stopped);
    let revision = Revision {
        deployment_id: id(),
        number: NUMBER,
        by: "testuser".parse().unwrap(),
        person: None,
        at: at(4),
        cause: Cause::Restart,
        automatic: None,
        repeats: None,
        work_item: None,
        desired: DesiredState::Deployed(Box::new(deployed.clone())),
    };
    let input = StatusInput {
        created_at: at(1),
        revision: &revision,
        deployed: &deployed,
        outcome,
        last_observation,
        observed_at: at(second),
        access_url: Some("http://x".into()),
    };
    view(&input, observed, at(second))
}

#[test]
fn the_status_follows_from_desired_state_outcome_and_observed_state() {
    use ObservedState::Absent;
    use Progress::{Done, Overdue, Rolling};
    let applied = || Some(ApplyOutcome::Applied);
    let table = [
        (None, Absent, Status::Pending, None),
        (None, rollout(4, Rolling), Status::Deploying, None),
        (Some(interrupted()), Absent, Status::Pending, Some("interrupted")),
        (Some(interrupted()), rollout(3, Done), Status::Pending, Some("interrupted")),
        (Some(interrupted()), unreachable(), Status::Pending, Some("cluster_unreachable")),
        (Some(rejected()), Absent, Status::Failed, Some("refused")),
        (Some(rejected()), rollout(3, Done), Status::Degraded, Some("refused")),
        (Some(rejected()), present(rolling(Done, 0, 0)), Status::Failed, Some("refused")),
        (Some(rejected()), unreachable(), Status::Failed, Some("refused")),
        (applied(), Absent, Status::Failed, Some("removed")),
        (applied(), rollout(3, Done), Status::Deploying, None),
        (applied(), rollout(3, Overdue), Status::Deploying, None),
        (applied(), rollout(4, Rolling), Status::Deploying, None),
        (applied(), rollout(4, Overdue), Status::Degraded, Some("not_ready")),
        (applied(), present(rolling(Overdue, 0, 0)), Status::Failed, Some("not_ready")),
        (applied(), rollout(4, Done), Status::Running, None),
        (applied(), unreachable(), Status::Deploying, Some("cluster_unreachable")),
        (None, unreachable(), Status::Pending, Some("cluster_unreachable")),
    ];
    for (outcome, observed, status, code) in table {
        let outcome = outcome.map(record);
        let view = view_of(false, outcome.as_ref(), None, &observed);
        let row = format!("{outcome:?} {observed:?}");
        assert_eq!((view.status, view.error_code.as_deref()), (status, code), "{row}");
        assert_eq!(view.error_message.is_some(), code.is_some(), "{row}");
        assert_eq!(view.issues.is_empty(), code.is_none(), "{row}");
    }
}

/// The store was restored from an older copy.
#[test]
fn a_revision_that_the_store_does_not_know_is_said() {
    let applied = record(ApplyOutcome::Applied);
    let view = view_of(false, Some(&applied), None, &rollout(41, Progress::Done));
    assert_eq!((view.revision, view.status), (NUMBER, Status::Running));
    let issue = view.issues.first().unwrap();
    assert_eq!(issue.code, ErrorCode::ChangedByOthers);
    assert!(issue.message.contains("revision 41") && !issue.temporary, "{issue:?}");
    let view = view_of(false, Some(&applied), None, &rollout(NUMBER, Progress::Done));
    assert!(view.issues.is_empty());
}

/// The status of the applied revision.
fn status_of(rollout: Rollout) -> Status {
    view_of(false, Some(&record(ApplyOutcome::Applied)), None, &present(rollout)).status
}

#[test]
fn waiting_ends_when_it_cannot_help() {
    use Progress::Rolling;
    let with = |rollout: Rollout, issues: &[Issue]| Rollout { issues: issues.to_vec(), ..rollout };
    let table = [
        // A registry that is away, or a machine that has to be added first.
        (with(rolling(Rolling, 0, 0), &[no_cpu()]), Status::Deploying),
        (with(rolling(Rolling, 1, 0), &[no_cpu()]), Status::Deploying),
        (with(rolling(Rolling, 0, 0), &[crash()]), Status::Failed),
        (with(rolling(Rolling, 0, 0), &[crash(), no_cpu()]), Status::Failed),
        (with(rolling(Rolling, 1, 0), &[crash()]), Status::Degraded),
        (with(rolling(Rolling, 2, 1), &[crash()]), Status::Degraded),
    ];
    for (rollout, status) in table {
        assert_eq!(status_of(rollout.clone()), status, "{rollout:?}");
    }
}

#[test]
fn a_degraded_deployment_says_what_serves() {
    let applied = record(ApplyOutcome::Applied);
    let of = |rollout| view_of(false, Some(&applied), None, &present(rollout));
    let older = Rollout { issues: vec![crash()], ..rolling(Progress::Rolling, 2, 0) };
    let message = of(older).error_message.unwrap();
    assert!(message.contains("The pods of the previous revision go on serving."), "{message}");
    let fewer = of(Rollout { issues: vec![crash()], ..rolling(Progress::Rolling, 2, 1) });
    assert!(!fewer.error_message.unwrap().contains("go on serving"));
    let unexplained = of(Rollout { has_lost_pod: true, ..rolling(Progress::Incomplete, 2, 2) });
    assert_eq!(unexplained.status, Status::Degraded);
    assert!(unexplained.error_message.unwrap().starts_with("2 of 3 pods of the newest release"));
}

/// The rollout was completed. Later the program hangs, or its machine is lost.
#[test]
fn a_service_that_ran_and_fails_is_not_deploying() {
    let lost =
        |ready| Rollout { has_lost_pod: true, ..rolling(Progress::Incomplete, ready, ready) };
    assert_eq!(status_of(lost(0)), Status::Failed);
    assert_eq!(status_of(lost(2)), Status::Degraded);
    // It was seen running, and now pods are missing.
    let applied = record(ApplyOutcome::Applied);
    let missing = |ready, last| {
        let observed = present(rolling(Progress::Incomplete, ready, ready));
        view_of(false, Some(&applied), last, &observed).status
    };
    let seen = last_observation(NUMBER);
    assert_eq!(missing(2, Some(&seen)), Status::Degraded);
    assert_eq!(missing(0, Some(&seen)), Status::Failed);
    assert_eq!(missing(2, None), Status::Deploying, "the number of pods was just changed");
    assert_eq!(missing(2, Some(&last_observation(3))), Status::Deploying, "as above");
}

#[test]
fn a_change_of_scale_has_ten_minutes() {
    let applied = record(ApplyOutcome::Applied);
    let request = json!({ "image_name": "nginx:1", "replicas": 3 });
    let scaled = Rollout { issues: vec![no_cpu()], ..rolling(Progress::Incomplete, 1, 1) };
    let at_second =
        |second| view_at(second, &request, false, Some(&applied), None, &present(scaled.clone()));
    assert_eq!(at_second(9).status, Status::Deploying);
    assert_eq!(at_second(603).status, Status::Deploying);
    let late = at_second(604);
    assert_eq!(
        (late.status, late.error_code.as_deref()),
        (Status::Degraded, Some("unschedulable"))
    );
}

/// A node was drained: the only pod is started on another one.
#[test]
fn a_pod_that_replaces_another_has_ten_minutes() {
    let applied = record(ApplyOutcome::Applied);
    let request = json!({ "image_name": "nginx:1" });
    let seen = last_observation(NUMBER);
    let created = 10_000;
    let replaced =
        Rollout { starting_since: Some(at(created)), ..rolling(Progress::Incomplete, 0, 0) };
    let status = |second| {
        let observed = present(replaced.clone());
        view_at(second, &request, false, Some(&applied), Some(&seen), &observed).status
    };
    assert_eq!(status(created + 20), Status::Deploying);
    assert_eq!(status(created + 600), Status::Failed);
}

#[test]
fn an_autoscaler_may_add_pods_to_a_running_service() {
    let applied = record(ApplyOutcome::Applied);
    let request = json!({
        "image_name": "nginx:1", "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 5,
    });
    let status = |rollout: Rollout| {
        let seen = last_observation(NUMBER);
        view_at(5_000, &request, false, Some(&applied), Some(&seen), &present(rollout)).status
    };
    let adding = |ready| rolling(Progress::Incomplete, ready, ready);
    assert_eq!(status(adding(2)), Status::Running);
    assert_eq!(status(adding(1)), Status::Degraded, "fewer than min_replicas");
    assert_eq!(status(Rollout { issues: vec![no_cpu()], ..adding(2) }), Status::Degraded);
    assert_eq!(status(Rollout { has_lost_pod: true, ..adding(2) }), Status::Degraded);
    // A new pod does not listen yet.
    let refused = Issue::temporary(ErrorCode::NotReady, "Its check is refused.", "Wait.");
    let starting = |second| Rollout {
        issues: vec![refused.clone()],
        starting_since: Some(at(second)),
        ..adding(2)
    };
    assert_eq!(status(starting(4_950)), Status::Running);
    assert_eq!(status(starting(4_400)), Status::Degraded);
    // The controller has not seen the autoscaler's change yet.
    assert_eq!(status(rolling(Progress::Unobserved, 2, 0)), Status::Running);
}

/// Such as a Gateway that does not exist, or a change by somebody else.
#[test]
fn an_issue_about_the_address_does_not_change_the_status() {
    for code in [ErrorCode::GatewayNotReady, ErrorCode::RouteRejected, ErrorCode::ChangedByOthers] {
        let issue =
            Issue::permanent(code, "The Gateway does not exist.", "Tell the administrator.");
        let with = |progress| Rollout { issues: vec![issue.clone()], ..rolling(progress, 3, 3) };
        assert_eq!(status_of(with(Progress::Done)), Status::Running);
        assert_eq!(status_of(with(Progress::Rolling)), Status::Deploying);
    }
}

#[test]
fn a_stopped_deployment_is_stopped_once_its_pods_are_gone() {
    let applied = record(ApplyOutcome::Applied);
    let status = |observed| view_of(true, Some(&applied), None, &observed).status;
    assert_eq!(status(rollout(4, Progress::Done)), Status::Stopped);
    assert_eq!(status(rollout(4, Progress::Rolling)), Status::Deploying);
    assert_eq!(status(rollout(3, Progress::Done)), Status::Deploying);
}

#[test]
fn while_the_cluster_is_unreachable_the_last_observation_of_the_current_revision_counts() {
    let applied = record(ApplyOutcome::Applied);
    let view_with =
        |last: &LastObservation, outcome| view_of(false, outcome, Some(last), &unreachable());
    let interrupted = record(interrupted());
    let same = view_with(&last_observation(4), Some(&applied));
    assert_eq!((same.status, same.replicas_ready, same.replicas_total), (Status::Running, 2, 2));
    assert_eq!(
        (same.observed_at, same.error_code.as_deref()),
        (Some(at(3)), Some("cluster_unreachable"))
    );
    // An observation of an earlier revision does not count.
    assert_eq!(view_with(&last_observation(3), Some(&applied)).status, Status::Deploying);
    assert_eq!(view_with(&last_observation(3), Some(&interrupted)).status, Status::Pending);
    let other = LastObservation {
        deployment_id: DeploymentId::new(ProjectId(7), 3, 1),
        ..last_observation(4)
    };
    let view = view_with(&other, Some(&applied));
    assert_eq!((view.status, view.replicas_ready, view.observed_at), (Status::Deploying, 0, None));
}

#[test]
fn the_outcome_of_another_revision_or_deployment_is_ignored() {
    let old = OutcomeRecord { revision: 3, ..record(rejected()) };
    let foreign = OutcomeRecord {
        deployment_id: DeploymentId::new(ProjectId(7), 3, 1),
        ..record(rejected())
    };
    for outcome in [old, foreign] {
        let view = view_of(false, Some(&outcome), None, &ObservedState::Absent);
        assert_eq!((view.status, view.errors, view.warnings), (Status::Pending, vec![], vec![]));
    }
}

#[test]
fn a_rejection_is_shown_with_all_details() {
    let view = view_of(false, Some(&record(rejected())), None, &ObservedState::Absent);
    let message = view.error_message.unwrap();
    let applied = "These were applied: Service x.";
    for part in ["rejected Deployment frontend: too many.", applied, "deploy again"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(view.errors[0].field.as_deref(), Some("replicas"));
    assert_eq!(view.warnings, ["old API"]);
}

#[test]
fn the_other_fields_come_from_desired_and_observed_state() {
    let applied = record(ApplyOutcome::Applied);
    let present =
        view_of(false, Some(&applied), Some(&last_observation(4)), &rollout(4, Progress::Done));
    assert_eq!((present.revision, present.release), (4, 2));
    assert_eq!((present.replicas_ready, present.replicas_total), (1, 3));
    assert_eq!((present.created_at, present.updated_at), (at(1), at(4)));
    assert_eq!(present.observed_at, Some(at(9)));
    assert_eq!(present.image_name, "docker.io/library/nginx:1");
    assert_eq!(present.image_digest, Some(digest('d')), "as a node reports it");
    let before = view_of(false, Some(&applied), None, &rollout(3, Progress::Done));
    assert_eq!(before.image_digest, None, "another image is still running");
    assert_eq!(
        view_of(false, None, Some(&last_observation(4)), &ObservedState::Absent).replicas_ready,
        0
    );
}
