//! Pull requests of strangers: nothing of them is built that no developer has approved.

use super::{PREVIEWS, from_fork, pull, with};
use crate::story::{DISPATCHES, Story, sha};
use nokube_domain::{Person, ProjectId, UnknownFields, previews::ApprovedCommit};
use nokube_edge::{
    now,
    store::{Store, keys},
};
use serde_json::json;

fn waits_for_approval(story: &Story) -> bool {
    story.state(7) == ("waiting".into(), "approval_required".into())
}

/// Somebody has approved this commit; the pull request is not looked at.
fn store_approval(story: &Story, head: char) {
    let approved = ApprovedCommit {
        commit: sha(head).parse().unwrap(),
        by: "alice".parse().unwrap(),
        person: Person { issuer: "nokube".into(), subject: "alice".into() },
        at: now(),
        unknown_fields: UnknownFields::default(),
    };
    story.host.run(async move {
        let store = Store::open().await.unwrap();
        let key = keys::approved_commit(ProjectId(1), &"web".parse().unwrap(), 7);
        store.set(key, &approved).await.unwrap();
    });
}

#[test]
fn a_developer_allows_one_commit_at_a_time() {
    let story = Story::with_previews();
    story.pulled(&from_fork(7, 'b'));
    assert!(waits_for_approval(&story));
    assert_eq!(story.preview(7)["commit"]["sha"], sha('b'));
    assert_eq!((&story.preview(7)["is_fork"], story.built().as_str()), (&json!(true), ""));
    // Nobody else than a developer, and no other commit.
    story.user("mallory").post(&format!("{PREVIEWS}/7/approve"), &json!({})).expect(404);
    story.member("bob", "viewer");
    story.approve("bob", 7, 'b').expect(403);
    assert_eq!(story.approve("alice", 7, 'c').expect(409)["reason"], "pull_request_changed");
    let short = json!({ "commit_sha": "bbbbbbb" });
    story.user("alice").post(&format!("{PREVIEWS}/7/approve"), &short).expect(422);
    assert_eq!(story.built(), "");
    story.member("bob", "developer");
    let approved = story.approve("bob", 7, 'b').expect(200);
    assert_eq!((&approved["state"], &approved["approved_by"]), (&json!("building"), &json!("bob")));
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
    // It is built from the repository itself, by its commit.
    let build = story.build(1);
    assert_eq!(build["asked"]["repository"], "acme/shop");
    assert_eq!((&build["repository_id"], &build["commit"]), (&json!(42), &json!(sha('b'))));
    assert!(!story.host.sent("POST", DISPATCHES)[0].contains("666"));
    // The stranger pushes again.
    story.pulled(&from_fork(7, 'c'));
    assert!(waits_for_approval(&story));
    assert_eq!(story.built(), "b");
    story.approve("alice", 7, 'b').expect(409);
    story.approve("alice", 7, 'c').expect(200);
    assert_eq!(story.built(), "bc");
}

#[test]
fn a_fork_that_was_deleted_is_still_a_fork() {
    let story = Story::with_previews();
    story.pulled(&with(pull(7, 'b'), &[("/head/repo", json!(null)), ("/user", json!(null))]));
    assert!(waits_for_approval(&story));
    assert_eq!((&story.preview(7)["author"], story.built().as_str()), (&json!(null), ""));
}

#[test]
fn a_commit_that_waits_for_capacity_is_not_sent_once_another_one_is_allowed() {
    let story = Story::with_previews_and(&[("max_running_builds_per_person", "1")]);
    story.push('e');
    story.pulled(&from_fork(7, 'b'));
    story.approve("alice", 7, 'b').expect(200);
    assert_eq!((story.built().as_str(), story.dispatches()), ("eb", 1));
    store_approval(&story, 'c');
    story.build_succeeds(1);
    assert_eq!(story.dispatches(), 1);
    let id = story.build(2)["id"].as_str().unwrap().to_owned();
    let build = story.user("alice").get(&format!("/api/v1/builds/{id}")).expect(200);
    assert_eq!(build["status"], "failed");
    assert!(build["error_message"].as_str().unwrap().contains("approved last"), "{build}");
}

#[test]
fn a_commit_cannot_be_tried_again_once_another_one_is_allowed() {
    let story = Story::with_previews();
    story.pulled(&from_fork(7, 'b'));
    story.approve("alice", 7, 'b').expect(200);
    let id = story.build(1)["id"].as_str().unwrap().to_owned();
    story.pulled(&from_fork(7, 'c'));
    story.approve("alice", 7, 'c').expect(200);
    story.build_ends(1, "cancelled");
    let refused = story.user("alice").post(&format!("/api/v1/builds/{id}/retry"), &json!({}));
    assert_eq!(refused.expect(409)["reason"], "pull_request_changed");
    assert_eq!(story.dispatches(), 2);
}

#[test]
fn nothing_is_approved_of_what_is_no_open_pull_request() {
    let story = Story::with_previews();
    for at in crate::story::SHOP {
        let not_found = json!({ "message": "Not Found" });
        story.host.respond("GET", &format!("{at}/pulls/8"), 404, &not_found);
    }
    story.approve("alice", 8, 'b').expect(404);
    story.pull(&with(from_fork(7, 'b'), &[("/state", json!("closed"))]));
    story.approve("alice", 7, 'b').expect(409);
    story.set_previews("off");
    story.pull(&from_fork(7, 'b'));
    story.approve("alice", 7, 'b').expect(404);
    assert_eq!(story.built(), "");
}

#[test]
fn a_fork_that_does_not_touch_the_service_needs_no_approval() {
    let story = Story::with_previews();
    story.pull(&from_fork(7, 'b'));
    story.commit('b', "Explain it", "docs/readme.md");
    story.process(story.pull_event(7));
    assert_eq!(story.state(7), ("not_affected".into(), String::new()));
    // A required check must not wait for ever.
    let status = format!("{}/statuses/{}", crate::story::SHOP[0], sha('b'));
    assert!(story.host.sent("POST", &status)[0].contains("success"));
    story.pulled(&from_fork(7, 'c'));
    assert!(waits_for_approval(&story));
    assert_eq!(story.built(), "");
}
