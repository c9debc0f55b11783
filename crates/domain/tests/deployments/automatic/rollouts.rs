//! What follows from the rollout of an automatic revision.

use super::{build, deployed, deployed_automatically, deployed_by_person};
use crate::fixtures::at;
use nokube_domain::deployments::{
    AfterRollout, AutomaticRevision, Cause, DeploymentView, ErrorCode, Issue, ObservedState,
    Revision, Status, StatusInput, after_rollout, restored, view,
};

fn automatic(fallback: Option<u32>) -> AutomaticRevision {
    let (based_on, newest_of_person, failure) = (3, 3, None);
    AutomaticRevision { build: build(2), based_on, newest_of_person, fallback, failure }
}

/// What is seen of a revision.
fn seen(revision: &Revision, status: Status, issue: Option<Issue>) -> DeploymentView {
    let input = StatusInput {
        created_at: at(1),
        revision,
        deployed: revision.deployed().unwrap(),
        outcome: None,
        last_observation: None,
        observed_at: at(9),
        access_url: None,
    };
    let view = view(&input, &ObservedState::Absent, at(9));
    DeploymentView { status, issues: issue.into_iter().collect(), ..view }
}

fn crash() -> Issue {
    Issue::permanent(ErrorCode::Crash, "The program ends with exit code 1.", "Look at its log.")
        .with_detail("panic: no database at secret-host")
}

#[test]
fn only_a_failed_rollout_is_undone() {
    let revision = deployed_automatically(&deployed_by_person(3, 1), 4, automatic(Some(3)));
    let after = |status, issue| after_rollout(&revision, false, &seen(&revision, status, issue));
    for waiting in [Status::Pending, Status::Deploying] {
        assert_eq!(after(waiting, None), AfterRollout::Wait);
    }
    assert_eq!(after(Status::Running, None), AfterRollout::Settled);
    for failed in [Status::Failed, Status::Degraded] {
        // What the program itself says may be anything, so it is not stored.
        let failure = "The program ends with exit code 1.".to_owned();
        assert_eq!(after(failed, Some(crash())), AfterRollout::Restore { fallback: 3, failure });
    }
    let unreachable = Issue::temporary(ErrorCode::ClusterUnreachable, "No answer.", "");
    assert_eq!(after(Status::Failed, Some(unreachable)), AfterRollout::Wait);
    let removed = Issue::permanent(ErrorCode::Removed, "Somebody has removed it.", "");
    assert_eq!(after(Status::Failed, Some(removed)), AfterRollout::Settled);
}

/// A node fails, for example.
#[test]
fn what_has_run_is_not_undone_later() {
    let revision = deployed_automatically(&deployed_by_person(3, 1), 4, automatic(Some(3)));
    for status in [Status::Degraded, Status::Failed] {
        let view = seen(&revision, status, Some(crash()));
        assert_eq!(after_rollout(&revision, true, &view), AfterRollout::Settled);
    }
}

#[test]
fn without_an_earlier_release_it_stays_failed() {
    let revision = deployed_automatically(&deployed_by_person(3, 1), 4, automatic(None));
    let view = seen(&revision, Status::Failed, Some(crash()));
    assert_eq!(after_rollout(&revision, false, &view), AfterRollout::Settled);
}

#[test]
fn what_a_person_deploys_is_never_undone_and_nothing_is_undone_twice() {
    let alices = deployed_by_person(3, 1);
    let view = seen(&alices, Status::Failed, Some(crash()));
    assert_eq!(after_rollout(&alices, false, &view), AfterRollout::Settled);
    let failed = deployed_automatically(&alices, 4, automatic(Some(3)));
    let (state, automatic) = restored(&failed, &alices, "It has failed.".into()).unwrap();
    let automatic = Some(automatic);
    let restoring =
        Revision { automatic, cause: Cause::Restore, desired: deployed(state), ..failed };
    let view = seen(&restoring, Status::Failed, Some(crash()));
    assert_eq!(after_rollout(&restoring, false, &view), AfterRollout::Settled);
}

/// Whether it was stopped, its configuration and its secrets, and not only its pods.
#[test]
fn the_whole_state_before_is_restored_and_people_are_told_why() {
    let mut alices = deployed_by_person(3, 1);
    alices.desired = deployed(alices.deployed().unwrap().with_stopped(true));
    let failed = deployed_automatically(&alices, 4, automatic(Some(3)));
    assert!(!failed.deployed().unwrap().stopped);
    let (state, automatic) = restored(&failed, &alices, "It has failed.".into()).unwrap();
    assert_eq!(&state, alices.deployed().unwrap());
    assert_eq!((automatic.build, automatic.based_on), (build(2), 4));
    let restoring = Revision {
        number: 5,
        cause: Cause::Restore,
        automatic: Some(automatic),
        desired: deployed(state),
        ..failed
    };
    let view = seen(&restoring, Status::Stopped, None);
    assert!(view.warnings[0].contains(&build(2).to_string()), "{:?}", view.warnings);
    assert!(view.warnings[0].ends_with("It has failed."), "{:?}", view.warnings);
    assert!(!view.automatic, "Alice has deployed this release");
}

/// What a release has in the cluster is removed when it is no longer retained.
#[test]
fn what_is_gone_cannot_be_rolled_back_to_after_it_was_restored() {
    let mut alices = deployed_by_person(3, 1);
    let mut state = alices.deployed().unwrap().clone();
    let mut old = state.retained[0].clone();
    old.number = 1;
    state.retained.push(old);
    alices.desired = deployed(state);
    let mut failed = deployed_automatically(&alices, 4, automatic(Some(3)));
    let mut state = failed.deployed().unwrap().clone();
    state.retained.retain(|retained| retained.number != 1);
    failed.desired = deployed(state);
    let (state, _) = restored(&failed, &alices, String::new()).unwrap();
    let numbers: Vec<_> = state.retained.iter().map(|retained| retained.number).collect();
    assert_eq!(numbers, [3]);
}
