//! The view of a deployment, for each combination of desired state, outcome and observed state.

use crate::fixtures::{at, digest, id, release};
use nokube_domain::{
    DeploymentId, ProjectId,
    deployments::{
        ApplyOutcome, Cause, DeployedState, DeploymentView, DesiredState, ErrorCode,
        LastObservation, ObjectError, ObservedState, OutcomeRecord, Progress, Revision, Rollout,
        Status, StatusInput, view,
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

fn rollout(revision: u32, progress: Progress) -> ObservedState {
    ObservedState::Present(Box::new(Rollout {
        revision,
        progress,
        ready: 1,
        total: 3,
        pods: Vec::new(),
        conditions: Vec::new(),
        failure: (progress != Progress::Done).then(|| (ErrorCode::Crash, "It crashed.".into())),
        digest: Some(digest('d')),
    }))
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
    let release = release(2, json!({ "image_name": "nginx:1" }));
    let deployed = DeployedState::with_release(None, release, 5).with_stopped(stopped);
    let revision = Revision {
        deployment_id: id(),
        number: NUMBER,
        by: "testuser".parse().unwrap(),
        person: None,
        at: at(4),
        cause: Cause::Restart,
        desired: DesiredState::Deployed(Box::new(deployed.clone())),
    };
    let input = StatusInput {
        created_at: at(1),
        revision: &revision,
        deployed: &deployed,
        outcome,
        last_observation,
        access_url: Some("http://x".into()),
    };
    view(&input, observed, at(9))
}

#[test]
fn the_status_follows_from_desired_state_outcome_and_observed_state() {
    use ObservedState::Absent;
    use Progress::{Done, Rolling, Stuck};
    let applied = || Some(ApplyOutcome::Applied);
    let table = [
        (None, Absent, Status::Pending, None),
        (None, rollout(4, Rolling), Status::Deploying, Some("crash")),
        (Some(interrupted()), Absent, Status::Pending, Some("interrupted")),
        (Some(interrupted()), rollout(3, Done), Status::Pending, Some("interrupted")),
        (Some(interrupted()), unreachable(), Status::Pending, Some("cluster_unreachable")),
        (Some(rejected()), Absent, Status::Failed, Some("refused")),
        (Some(rejected()), rollout(3, Done), Status::Failed, Some("refused")),
        (Some(rejected()), unreachable(), Status::Failed, Some("refused")),
        (applied(), Absent, Status::Failed, Some("removed")),
        (applied(), rollout(3, Done), Status::Deploying, None),
        (applied(), rollout(3, Stuck), Status::Deploying, None),
        (applied(), rollout(4, Rolling), Status::Deploying, Some("crash")),
        (applied(), rollout(4, Stuck), Status::Failed, Some("crash")),
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
    for part in ["rejected Deployment frontend: too many.", "These were applied: Service x."] {
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
