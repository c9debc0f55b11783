//! The end of previews that are deployed: the component `deploy` is asked until it is done.

use super::{DEPLOY, closed, pull};
use crate::story::{API, SHOP, Story, WEB, sha, source};
use nokube_test_host::StoreFault;
use serde_json::json;

/// A story with a preview that is deployed.
fn deployed() -> Story {
    let story = Story::with_previews();
    story.open(&[pull(7, 'b')]);
    story.pulled(&pull(7, 'b'));
    story.deployed(7);
    story
}

fn deploy_fails(story: &Story, fails: bool) {
    match fails {
        true => story.host.respond("POST", DEPLOY, 200, &json!({ "done": false })),
        false => story.host.respond("POST", DEPLOY, 200, &json!({ "done": true })),
    }
}

/// `acme/shop` is another repository from now on.
fn other_repository(story: &Story) {
    let shop = json!({
        "id": 43, "full_name": "acme/shop", "private": false, "default_branch": "main",
    });
    let head = json!({ "sha": sha('a'), "commit": { "message": "A change" } });
    let permission = json!({ "permission": "write", "user": { "id": 7 } });
    for at in [&format!("{API}/repositories/43"), SHOP[1]] {
        for (path, body) in [
            ("", &shop),
            ("/installation", &json!({ "id": 2 })),
            ("/commits/", &head),
            ("/collaborators/alice/permission", &permission),
            ("/pulls?", &json!([])),
        ] {
            story.host.respond("GET", &format!("{at}{path}"), 200, body);
        }
    }
}

/// How often `deploy` is asked by a run of `reconcile`.
fn asked_by_reconcile(story: &Story) -> usize {
    let before = story.asked_to_deploy().len();
    story.host.wait(61);
    story.reconcile();
    story.asked_to_deploy().len() - before
}

#[test]
fn a_preview_is_deleted_once_its_pull_request_is_closed() {
    let story = deployed();
    deploy_fails(&story, true);
    story.open(&[]);
    story.pulled(&closed(7, 'b'));
    assert_eq!(story.asked_to_deploy().len(), 1);
    assert_eq!(asked_by_reconcile(&story), 1);
    deploy_fails(&story, false);
    assert_eq!(asked_by_reconcile(&story), 1);
    assert_eq!(asked_by_reconcile(&story), 0);
}

#[test]
fn a_preview_is_deleted_when_its_pull_request_no_longer_touches_the_service() {
    let story = deployed();
    story.pull(&pull(7, 'c'));
    story.commit('c', "Undo it", "docs/readme.md");
    story.process(story.pull_event(7));
    assert_eq!(story.asked_to_deploy(), ["7"]);
}

#[test]
fn a_pull_request_that_is_opened_again_is_deployed_without_another_build() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.build_succeeds(1);
    story.pulled(&closed(7, 'b'));
    let before = story.asked_to_deploy().len();
    deploy_fails(&story, true);
    story.pull(&pull(7, 'b'));
    let event = story.pull_event(7);
    assert_eq!(story.process(event).status, 202);
    assert_eq!(story.asked_to_deploy().len(), before + 1);
    deploy_fails(&story, false);
    assert_eq!(story.process(event).status, 204);
    assert_eq!((story.asked_to_deploy().len(), story.built().as_str()), (before + 2, "b"));
}

#[test]
fn what_was_only_built_is_deployed_when_that_is_switched_on() {
    let story = Story::with_previews();
    story.set_previews("build");
    story.pulled(&pull(7, 'b'));
    story.build_succeeds(1);
    assert!(story.asked_to_deploy().is_empty());
    story.set_previews("deploy");
    story.host.run(nokube_edge::sleep(std::time::Duration::from_secs(1)));
    assert_eq!(story.asked_to_deploy(), ["7"]);
}

#[test]
fn a_lost_event_is_worked_off_too() {
    let story = deployed();
    deploy_fails(&story, true);
    story.open(&[]);
    story.pull(&closed(7, 'b'));
    assert_eq!(story.state(7), ("ended".into(), "closed".into()));
    assert!(asked_by_reconcile(&story) > 0);
    deploy_fails(&story, false);
    assert!(asked_by_reconcile(&story) > 0);
    assert_eq!(asked_by_reconcile(&story), 0);
}

#[test]
fn previews_end_when_they_are_switched_off_or_the_service_changes() {
    type End = fn(&Story);
    let ends: [End; 5] = [
        |story| story.set_previews("off"),
        |story| story.set_previews("build"),
        |story| drop(story.user("alice").delete(WEB).expect(204)),
        |story| {
            story.user("alice").put(WEB, &source(false)).expect(200);
        },
        |story| {
            other_repository(story);
            let mut source = source(true);
            source["previews"] = json!("deploy");
            story.user("alice").put(WEB, &source).expect(200);
        },
    ];
    for (case, end) in ends.into_iter().enumerate() {
        let story = deployed();
        deploy_fails(&story, true);
        end(&story);
        // After the response.
        story.host.run(nokube_edge::sleep(std::time::Duration::from_secs(1)));
        assert_eq!(story.asked_to_deploy(), ["7"], "case {case}");
        assert_eq!(asked_by_reconcile(&story), 1, "case {case}");
        deploy_fails(&story, false);
        assert_eq!(asked_by_reconcile(&story), 1, "case {case}");
        assert_eq!(asked_by_reconcile(&story), 0, "case {case}");
    }
}

#[test]
fn builds_of_previews_that_are_switched_off_are_cancelled() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.set_previews("off");
    story.follow(1);
    let id = story.build(1)["id"].as_str().unwrap().to_owned();
    let build = story.user("alice").get(&format!("/api/v1/builds/{id}")).expect(200);
    assert_ne!(build["cancel_requested_at"], json!(null));
    // And built again when they are switched on.
    story.set_previews("deploy");
    story.open(&[pull(7, 'b')]);
    story.preview(7);
    assert_eq!(story.built(), "bb");
}

#[test]
fn wherever_switching_off_is_interrupted_a_repetition_ends_the_previews() {
    for writes in 0.. {
        let story = deployed();
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let alice = story.user("alice");
        let off = json!({ "previews": "off" });
        let first = story.host.run(alice.start("PATCH", WEB, Some(&off)));
        story.host.store_works();
        let is_off = story.user("alice").get(WEB).expect(200)["previews"] == "off";
        asked_by_reconcile(&story);
        let is_asked = !story.asked_to_deploy().is_empty();
        assert!(is_asked || !is_off, "after {writes} writes");
        if first.status == 200 {
            assert!(writes > 3, "{writes}");
            return;
        }
    }
}

#[test]
fn a_build_of_what_a_pull_request_no_longer_changes_is_cancelled() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.pull(&pull(7, 'c'));
    story.commit('c', "Undo it", "docs/readme.md");
    story.process(story.pull_event(7));
    let cancelled = |url: &&String| url.ends_with("/cancel");
    assert_eq!(story.host.sent_urls().iter().filter(cancelled).count(), 1);
    let id = story.build(1)["id"].as_str().unwrap().to_owned();
    story.build_ends(1, "cancelled");
    let refused = story.user("alice").post(&format!("/api/v1/builds/{id}/retry"), &json!({}));
    assert_eq!(refused.expect(409)["reason"], "pull_request_changed");
}
