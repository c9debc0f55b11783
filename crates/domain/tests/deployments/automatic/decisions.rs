//! Which build is deployed, and when none is.

use super::{
    build, deleted, deployed, deployed_automatically, deployed_by_person, pause, revision,
};
use nokube_domain::deployments::{
    AutomaticDeploymentState, AutomaticRevision, Cause, Decision, Revision, Situation, TargetBuild,
    automation_state, decide,
};

/// Alice has deployed build 1 of her service, and pushes build it.
fn situation(newest: &Revision) -> Situation<'_> {
    Situation {
        newest: Some(newest),
        has_run: true,
        is_own_image: true,
        is_configured: false,
        target: TargetBuild::Image(build(2)),
    }
}

/// What is decided about build 2.
fn automatic(based_on: u32, newest_of_person: u32, fallback: Option<u32>) -> AutomaticRevision {
    AutomaticRevision { build: build(2), based_on, newest_of_person, fallback, failure: None }
}

#[test]
fn the_build_of_the_target_is_deployed_once() {
    let alices = deployed_by_person(3, 1);
    let Decision::Deploy(decided) = decide(&situation(&alices)) else {
        panic!("it is not deployed")
    };
    assert_eq!(decided, automatic(3, 3, Some(3)));
    let newest = deployed_automatically(&alices, 4, decided);
    assert_eq!(decide(&situation(&newest)), Decision::Nothing);
    // Whatever somebody does then, but for a rollback and a stop, it is not deployed again.
    let state = newest.deployed().unwrap().clone();
    let restarted = revision(5, Cause::Restart, deployed(state.clone()));
    assert_eq!(decide(&situation(&restarted)), Decision::Nothing);
    let release = alices.deployed().unwrap().release.clone();
    let other = nokube_domain::deployments::DeployedState::with_release(Some(&state), release, 5);
    let other = revision(5, Cause::Deploy, deployed(other));
    assert_eq!(decide(&situation(&other)), Decision::Nothing);
    let next = Situation { target: TargetBuild::Image(build(3)), ..situation(&other) };
    assert!(matches!(decide(&next), Decision::Deploy(decided) if decided.build == build(3)));
}

#[test]
fn a_build_that_somebody_has_deployed_is_not_deployed_again() {
    assert_eq!(decide(&situation(&deployed_by_person(3, 2))), Decision::Nothing);
}

#[test]
fn without_an_image_nothing_is_deployed() {
    let alices = deployed_by_person(3, 1);
    let with = |target| decide(&Situation { target, ..situation(&alices) });
    assert_eq!(with(TargetBuild::NoImage), Decision::Nothing);
    assert_eq!(with(TargetBuild::ImageNotShown), Decision::Wait);
}

#[test]
fn a_rollback_and_a_stop_pause_it_until_somebody_resumes_it() {
    let state = deployed_by_person(3, 1).deployed().unwrap().clone();
    for cause in [Cause::Rollback, Cause::Stop] {
        let paused = state.clone().with_automation_paused(Some(pause(cause)));
        for (number, later) in [(4, cause), (5, Cause::Restart), (6, Cause::Deploy)] {
            let newest = revision(number, later, deployed(paused.clone()));
            assert_eq!(decide(&situation(&newest)), Decision::Nothing, "{later}");
            assert_eq!(newest.automation_pause(), Some(pause(cause)));
        }
        let resumed = paused.with_automation_paused(None);
        let resumed = revision(7, Cause::Resume, deployed(resumed));
        assert!(matches!(decide(&situation(&resumed)), Decision::Deploy(_)));
    }
}

/// Their revisions have no field that says so.
#[test]
fn the_rollback_and_the_stop_of_an_earlier_release_count_too() {
    let state = deployed_by_person(3, 1).deployed().unwrap().clone();
    let stopped = revision(4, Cause::Stop, deployed(state.with_stopped(true)));
    let paused = stopped.automation_pause().unwrap();
    assert_eq!((paused.by.as_str(), paused.cause), ("alice", Cause::Stop));
    assert_eq!(decide(&situation(&stopped)), Decision::Nothing);
}

#[test]
fn an_image_of_somebody_else_is_never_replaced() {
    let alices = deployed_by_person(3, 1);
    for is_configured in [false, true] {
        let other = Situation { is_own_image: false, is_configured, ..situation(&alices) };
        assert_eq!(decide(&other), Decision::Nothing);
        let state = automation_state(Some(&alices), false, is_configured);
        assert_eq!(state, AutomaticDeploymentState::OtherImage);
    }
}

#[test]
fn a_service_is_deployed_first_only_with_a_saved_configuration() {
    let newest = deployed_by_person(3, 1);
    let first =
        Situation { newest: None, has_run: false, is_own_image: false, ..situation(&newest) };
    assert_eq!(decide(&first), Decision::Nothing);
    assert_eq!(automation_state(None, false, false), AutomaticDeploymentState::NotConfigured);
    let configured = Situation { is_configured: true, ..first };
    assert_eq!(decide(&configured), Decision::Deploy(automatic(0, 0, None)));
}

#[test]
fn a_deleted_deployment_stays_deleted_until_somebody_deploys_it() {
    let gone = deleted(4);
    let situation_of = |newest| Situation { is_configured: true, ..situation(newest) };
    assert_eq!(decide(&situation_of(&gone)), Decision::Nothing);
    assert_eq!(automation_state(Some(&gone), false, true), AutomaticDeploymentState::Deleted);
    assert!(matches!(decide(&situation(&deployed_by_person(5, 1))), Decision::Deploy(_)));
    // The first automatic deployment was undone before it was applied: nobody has deleted it.
    let undone = Revision { automatic: Some(automatic(0, 0, None)), ..deleted(2) };
    assert!(matches!(decide(&situation_of(&undone)), Decision::Deploy(_)));
}

/// Two bad pushes in a row: the release before both of them is what is known to run.
#[test]
fn what_never_ran_is_not_gone_back_to() {
    let alices = deployed_by_person(3, 1);
    let first = deployed_automatically(&alices, 4, automatic(3, 3, Some(3)));
    let fallback = |has_run| {
        let target = TargetBuild::Image(build(3));
        match decide(&Situation { has_run, target, ..situation(&first) }) {
            Decision::Deploy(decided) => {
                (decided.based_on, decided.newest_of_person, decided.fallback)
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fallback(false), (4, 3, Some(3)));
    assert_eq!(fallback(true), (4, 3, Some(4)));
}
