//! What a reader is told about a deployment, for each wish, outcome and look at the cluster.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod deploying;

use deploying::{at, digest, id, release};
use nokube_domain::{
    DeploymentId, ProjectId,
    deploy::{
        Cause, DeploymentView, Known, LastSeen, ObjectFault, Observed, Outcome, OutcomeDoc,
        Progress, Revision, Rollout, Run, Status, Wish, view,
    },
};
use serde_json::json;

const NUMBER: u32 = 4;

fn doc(outcome: Outcome) -> OutcomeDoc {
    OutcomeDoc { of: id(), revision: NUMBER, at: at(5), outcome, warnings: vec!["old API".into()] }
}

fn refused() -> Outcome {
    let fault = |kind: &str| ObjectFault {
        kind: kind.into(),
        name: "frontend".into(),
        field: Some("replicas".into()),
        detail: "too many.".into(),
    };
    Outcome::Refused { faults: vec![fault("Deployment")], stand: vec!["Service x".into()] }
}

fn interrupted() -> Outcome {
    Outcome::Interrupted("It did not answer.".into())
}

fn rollout(revision: u32, progress: Progress) -> Observed {
    Observed::Present(Box::new(Rollout {
        revision,
        progress,
        ready: 1,
        total: 3,
        pods: Vec::new(),
        conditions: Vec::new(),
        trouble: (progress != Progress::Done).then(|| ("crash".into(), "It crashed.".into())),
        digest: Some(digest('d')),
    }))
}

fn away() -> Observed {
    Observed::Unreachable("The cluster is away.".into())
}

fn seen(revision: u32) -> LastSeen {
    LastSeen { of: id(), revision, status: Status::Running, ready: 2, total: 2, at: at(3) }
}

/// What is told of revision 4.
fn told(
    stopped: bool,
    outcome: Option<&OutcomeDoc>,
    seen: Option<&LastSeen>,
    observed: &Observed,
) -> DeploymentView {
    let run = Run::next(None, release(2, json!({ "image_name": "nginx:1" })), 5).stopped(stopped);
    let revision = Revision {
        of: id(),
        number: NUMBER,
        by: "testuser".parse().unwrap(),
        person: None,
        at: at(4),
        cause: Cause::Restart,
        wish: Wish::Run(Box::new(run.clone())),
    };
    let known = Known {
        created_at: at(1),
        revision: &revision,
        run: &run,
        outcome,
        last_seen: seen,
        access_url: Some("http://x".into()),
    };
    view(&known, observed, at(9))
}

#[test]
fn the_status_follows_from_wish_outcome_and_what_is_seen() {
    use Observed::Absent;
    use Progress::{Done, Rolling, Stuck};
    let applied = || Some(Outcome::Applied);
    let table = [
        (None, Absent, Status::Pending, None),
        (None, rollout(4, Rolling), Status::Deploying, Some("crash")),
        (Some(interrupted()), Absent, Status::Pending, Some("interrupted")),
        (Some(interrupted()), rollout(3, Done), Status::Pending, Some("interrupted")),
        (Some(interrupted()), away(), Status::Pending, Some("cluster_unreachable")),
        (Some(refused()), Absent, Status::Failed, Some("refused")),
        (Some(refused()), rollout(3, Done), Status::Failed, Some("refused")),
        (Some(refused()), away(), Status::Failed, Some("refused")),
        (applied(), Absent, Status::Failed, Some("removed")),
        (applied(), rollout(3, Done), Status::Deploying, None),
        (applied(), rollout(3, Stuck), Status::Deploying, None),
        (applied(), rollout(4, Rolling), Status::Deploying, Some("crash")),
        (applied(), rollout(4, Stuck), Status::Failed, Some("crash")),
        (applied(), rollout(4, Done), Status::Running, None),
        (applied(), away(), Status::Deploying, Some("cluster_unreachable")),
        (None, away(), Status::Pending, Some("cluster_unreachable")),
    ];
    for (outcome, observed, status, code) in table {
        let outcome = outcome.map(doc);
        let told = told(false, outcome.as_ref(), None, &observed);
        let row = format!("{outcome:?} {observed:?}");
        assert_eq!((told.status, told.error_code.as_deref()), (status, code), "{row}");
        assert_eq!(told.error_message.is_some(), code.is_some(), "{row}");
    }
}

#[test]
fn what_is_stopped_is_told_so_when_its_pods_are_gone() {
    let applied = doc(Outcome::Applied);
    let status = |observed| told(true, Some(&applied), None, &observed).status;
    assert_eq!(status(rollout(4, Progress::Done)), Status::Stopped);
    assert_eq!(status(rollout(4, Progress::Rolling)), Status::Deploying);
    assert_eq!(status(rollout(3, Progress::Done)), Status::Deploying);
}

#[test]
fn while_the_cluster_is_away_the_last_look_counts_if_it_saw_this_revision() {
    let applied = doc(Outcome::Applied);
    let of = |seen: &LastSeen, outcome| told(false, outcome, Some(seen), &away());
    let interrupted = doc(interrupted());
    let same = of(&seen(4), Some(&applied));
    assert_eq!((same.status, same.replicas_ready, same.replicas_total), (Status::Running, 2, 2));
    assert_eq!(
        (same.observed_at, same.error_code.as_deref()),
        (Some(at(3)), Some("cluster_unreachable"))
    );
    // That the revision before ran says nothing about this one.
    assert_eq!(of(&seen(3), Some(&applied)).status, Status::Deploying);
    assert_eq!(of(&seen(3), Some(&interrupted)).status, Status::Pending);
    let other = LastSeen { of: DeploymentId::new(ProjectId(7), 3, 1), ..seen(4) };
    let told = of(&other, Some(&applied));
    assert_eq!((told.status, told.replicas_ready, told.observed_at), (Status::Deploying, 0, None));
}

#[test]
fn the_outcome_of_another_revision_or_deployment_is_none() {
    let old = OutcomeDoc { revision: 3, ..doc(refused()) };
    let foreign = OutcomeDoc { of: DeploymentId::new(ProjectId(7), 3, 1), ..doc(refused()) };
    for outcome in [old, foreign] {
        let told = told(false, Some(&outcome), None, &Observed::Absent);
        assert_eq!((told.status, told.errors, told.warnings), (Status::Pending, vec![], vec![]));
    }
}

#[test]
fn a_refusal_is_told_whole() {
    let told = told(false, Some(&doc(refused())), None, &Observed::Absent);
    let message = told.error_message.unwrap();
    for part in ["refused Deployment frontend: too many.", "These stand: Service x."] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(told.errors[0].field.as_deref(), Some("replicas"));
    assert_eq!(told.warnings, ["old API"]);
}

#[test]
fn the_rest_of_the_answer_is_what_is_wished_and_seen() {
    let applied = doc(Outcome::Applied);
    let present = told(false, Some(&applied), Some(&seen(4)), &rollout(4, Progress::Done));
    assert_eq!((present.revision, present.release), (4, 2));
    assert_eq!((present.replicas_ready, present.replicas_total), (1, 3));
    assert_eq!((present.created_at, present.updated_at), (at(1), at(4)));
    assert_eq!(present.observed_at, Some(at(9)));
    assert_eq!(present.image_name, "docker.io/library/nginx:1");
    assert_eq!(present.image_digest, Some(digest('d')), "as a node tells it");
    let before = told(false, Some(&applied), None, &rollout(3, Progress::Done));
    assert_eq!(before.image_digest, None, "what runs is still another image");
    assert_eq!(told(false, None, Some(&seen(4)), &Observed::Absent).replicas_ready, 0);
}
