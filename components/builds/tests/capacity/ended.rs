//! Builds that were replaced, that waited too long, or whose source is gone.

use super::platform::{BUILDER, COMMIT, GITHUB, platform};
use builds::ROUTES;
use serde_json::json;
use std::collections::BTreeSet;
#[test]
fn a_build_of_a_replaced_commit_is_withdrawn_or_cancelled_at_github() {
    let platform = platform("1");
    let running = platform.waiting("frontend");
    platform.read(&running);
    let waiting = platform.waiting("backend");
    platform.push_other_commit("frontend");
    platform.push_other_commit("backend");
    platform.host.respond("POST", &format!("{BUILDER}/runs/30/cancel"), 202, &json!({}));
    platform.host.wait(15);
    platform.follow(&running);
    platform.follow(&running);
    let cancels = || platform.host.sent("POST", &format!("{BUILDER}/runs/30/cancel")).len();
    assert_eq!(cancels(), 1, "the second look finds that it was done");
    let build = platform.read(&running);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("building"), &json!(true)));
    let build = platform.read(&waiting);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("cancelled"), &json!(true)));

    platform.runs_are("completed", Some("cancelled"));
    platform.host.wait(15);
    platform.follow(&running);
    let build = platform.read(&running);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("cancelled"), &json!(true)));
    assert_eq!(platform.dispatches().get(&waiting), None);
    // A person wants the older commit.
    platform.runs_are("in_progress", None);
    platform.host.wait(1);
    platform.alice.post(&format!("{waiting}/retry"), &json!({})).expect(202);
    platform.host.wait(15);
    platform.follow(&waiting);
    let build = platform.read(&waiting);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("building"), &json!(false)));
}

/// An event may be processed late, so the build of an earlier push may be created after the newer push was received.
#[test]
fn a_build_that_was_created_after_the_newer_push_is_cancelled_too() {
    let platform = platform("1");
    platform.push_other_commit("frontend");
    platform.push_other_commit("backend");
    platform.host.respond("POST", &format!("{BUILDER}/runs/30/cancel"), 202, &json!({}));
    platform.host.wait(5);
    platform.start(); // It takes the only place.
    let waiting = platform.waiting("frontend");
    platform.host.wait(15);
    platform.follow(&waiting);
    let build = platform.read(&waiting);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("cancelled"), &json!(true)));
    assert_eq!(platform.dispatches().get(&waiting), None);

    // It was dispatched before anybody could see that.
    let running = platform.running("backend");
    platform.host.wait(15);
    platform.follow(&running);
    assert_eq!(platform.host.sent("POST", &format!("{BUILDER}/runs/30/cancel")).len(), 1);
    let build = platform.read(&running);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("building"), &json!(true)));
}

#[test]
fn a_build_that_waited_for_a_day_fails_and_can_be_retried() {
    let platform = platform("1");
    let path = {
        platform.start();
        platform.waiting("frontend")
    };
    platform.host.wait(24 * 3_600);
    let alice = platform.host.user(ROUTES, "alice");
    let build = alice.get(&path).expect(200);
    assert_eq!((&build["status"], &build["error_code"]), (&json!("failed"), &json!("no_capacity")));
    assert_eq!(platform.dispatches().get(&path), None);
    let retried = alice.post(&format!("{path}/retry"), &json!({}));
    assert_eq!(retried.expect(202)["attempt"], 2, "the other build has ended by now");
    assert_eq!(platform.dispatches()[&path], 1);
}

#[test]
fn a_waiting_build_of_a_deleted_project_or_repository_is_not_dispatched() {
    let platform = platform("2");
    let lost = platform.waiting("frontend");
    platform.host.respond("GET", &format!("{GITHUB}/acme/shop"), 404, &json!({}));
    platform.host.respond("GET", "https://api.github.com/repositories/1", 404, &json!({}));
    let build = platform.read(&lost);
    assert_eq!((&build["status"], &build["error_code"]), (&json!("failed"), &json!("refused")));
    assert!(build["error_message"].as_str().unwrap().contains("deleted or made private"));

    platform.host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &json!({ "private": false }));
    let path = platform.waiting("backend");
    platform.host.forget(&["p/"]);
    platform.read(&path);
    assert_eq!(platform.read(&path)["status"], "failed");
    assert!(platform.dispatches().is_empty());
}

#[test]
fn a_build_has_its_commit_and_a_work_item_until_it_has_ended() {
    let platform = platform("0");
    let path = platform.start();
    let build = platform.read(&path);
    let commit = json!({ "sha": COMMIT, "subject": "Fix it", "author": "bob" });
    assert_eq!((&build["commit"], &build["trigger"]), (&commit, &json!("manual")));
    assert_eq!(platform.items(), BTreeSet::from(["work/builds/1".to_owned()]));
    platform.runs_are("completed", Some("failure"));
    platform.host.wait(15);
    assert_eq!(platform.read(&path)["status"], "failed");
    platform.host.wait(15); // Its jobs are listed once more.
    platform.read(&path);
    assert_eq!(platform.items(), BTreeSet::new());

    platform.runs_are("in_progress", None);
    platform.host.respond("POST", &format!("{BUILDER}/runs/30/rerun"), 201, &json!({}));
    platform.alice.post(&format!("{path}/retry"), &json!({})).expect(202);
    assert_eq!(platform.items(), BTreeSet::from(["work/builds/2".to_owned()]));
}
