//! A push and a person at the same moment, and requests that are cut off anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/pushes.rs"]
mod pushes;
#[path = "support/story.rs"]
mod story;
mod support;

use deploy::ROUTES;
use futures::future::join;
use nokube_test_host::{StoreFault, after_calls};
use pushes::Pushes;
use std::time::Duration;
use support::CLUSTER;

/// The build 2 and Alice's stop at once; the request of the push begins some calls of the store later or earlier.
fn at_once(story: &Pushes, (look_after, stop_after): (u32, u32)) -> (u16, u16) {
    let look = story.host.anybody(ROUTES).start("POST", &story.look_path(), None);
    let stop = story.start("stop");
    let looking = async move {
        after_calls(look_after).await;
        look.await.status
    };
    let stopping = async move {
        after_calls(stop_after).await;
        stop.await.status
    };
    story.host.run(join(looking, stopping))
}

/// Work items are processed until nothing is left.
fn settle(story: &Pushes) {
    for _ in 0..6 {
        story.wait(61);
        story.reconcile();
    }
}

fn is_stopped(story: &Pushes) -> bool {
    let newest = story.newest();
    let state = &newest["wish"]["run"];
    assert_eq!(state["stopped"] == true, state.get("automation_paused").is_some(), "{newest}");
    state["stopped"] == true
}

#[test]
fn a_stop_at_the_same_moment_stays() {
    for offset in (0..60).step_by(3) {
        for offsets in [(offset, 0), (0, offset)] {
            let story = Pushes::deployed();
            story.push(2);
            assert_eq!(at_once(&story, offsets), (200, 202), "{offsets:?}");
            settle(&story);
            assert!(is_stopped(&story), "{offsets:?}: {}", story.newest());
            assert_eq!(story.items(), 0, "{offsets:?}");
        }
    }
}

/// Whatever was stored of the two when everything was cut off.
#[test]
fn a_stop_that_was_stored_stays_and_else_the_build_is_deployed() {
    let mut stops = 0;
    for writes in 0..40 {
        let story = Pushes::deployed();
        story.push(2);
        story.host.store_fails(StoreFault::AfterWrites(writes));
        at_once(&story, (6, 0));
        story.host.store_works();
        let is_stored = story.revisions().iter().any(|revision| revision["cause"] == "stop");
        settle(&story);
        // `builds` asks until it gets an answer.
        while !story.look() {
            story.wait(61);
        }
        settle(&story);
        assert_eq!(is_stopped(&story), is_stored, "after {writes} writes: {}", story.newest());
        if !is_stored {
            assert_eq!((story.deploys().0, story.applied()), (2, 2), "after {writes} writes");
        }
        stops += u32::from(is_stored);
    }
    assert!((1..40).contains(&stops), "{stops}");
}

#[test]
fn many_looks_at_once_deploy_a_build_once() {
    let story = Pushes::deployed();
    story.push(2);
    let anybody = story.host.anybody(ROUTES);
    let looks = (0..5).map(|_| anybody.start("POST", &story.look_path(), None));
    let looks = futures::future::join_all(looks.collect::<Vec<_>>());
    story.host.run(looks);
    settle(&story);
    let of_build = |revision: &&serde_json::Value| {
        revision["automatic"]["build"] == story.build_id(2).to_string()
    };
    assert_eq!(story.revisions().iter().filter(of_build).count(), 1);
    assert_eq!(story.deploys().0, 2);
}

/// It has decided, and waits for the cluster.
#[test]
fn a_build_that_is_replaced_while_it_is_deployed_does_not_stay() {
    let story = Pushes::deployed();
    story.push(2);
    story.host.respond_to_after(CLUSTER, Duration::from_secs(2));
    let look = story.host.anybody(ROUTES).start("POST", &story.look_path(), None);
    let pushed = story.push_later(3, Duration::from_secs(1));
    story.host.run(join(look, pushed));
    assert_eq!((story.deploys(), story.applied()), ((3, "deploy".into()), 3));
}

#[test]
fn a_build_is_not_applied_that_is_switched_off_while_it_is_deployed() {
    let story = Pushes::deployed();
    story.push(2);
    story.host.respond_to_after(CLUSTER, Duration::from_secs(2));
    let look = story.host.anybody(ROUTES).start("POST", &story.look_path(), None);
    let off = story.switch_later(false, Duration::from_secs(1));
    story.host.run(join(look, off));
    settle(&story);
    assert_eq!((story.deploys().0, story.applied()), (1, 1));
}

/// Nothing has run before, so nothing runs then.
#[test]
fn the_first_build_is_not_applied_that_is_switched_off_while_it_is_deployed() {
    let story = Pushes::new();
    let path = format!("/api/v1/projects/{}/services/frontend/deployment", story.project);
    story.alice.put(&path, &serde_json::json!({ "replicas": 1 })).expect(201);
    story.push(1);
    story.host.respond_to_after(CLUSTER, Duration::from_secs(2));
    let look = story.host.anybody(ROUTES).start("POST", &story.look_path(), None);
    let off = story.switch_later(false, Duration::from_secs(1));
    story.host.run(join(look, off));
    settle(&story);
    assert_eq!(story.newest()["cause"], "delete");
    assert!(story.host.sent("PATCH", &format!("{CLUSTER}/apis/apps")).is_empty());
    // It was never there, so it is not taken for deleted by somebody.
    story.switch(true);
    story.look();
    assert_eq!(story.deploys(), (1, "deploy".into()));
}

/// Nothing waits for a request that was cut off.
#[test]
fn a_deployment_that_was_cut_off_anywhere_is_finished_or_begun_again() {
    for writes in 0..20 {
        let story = Pushes::deployed();
        story.push(2);
        story.host.store_fails(StoreFault::AfterWrites(writes));
        story.host.run(story.host.anybody(ROUTES).start("POST", &story.look_path(), None));
        story.host.store_works();
        while !story.look() {
            story.wait(61);
        }
        settle(&story);
        assert_eq!((story.deploys().0, story.applied()), (2, 2), "after {writes} writes");
        story.pods_run();
        story.wait(61);
        story.reconcile();
        assert_eq!(story.items(), 0, "after {writes} writes");
    }
}
