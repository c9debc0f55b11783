//! Who can switch on that pushes build a service, of what, and how many can.

use crate::story::{SHOP, Story, WEB, source};
use nokube_domain::ProjectId;
use nokube_edge::{services::delete_saved, store::Store};
use serde_json::json;

fn with_branch(branch: &str) -> serde_json::Value {
    let mut source = source(true);
    source["branch"] = json!(branch);
    source
}

#[test]
fn only_a_branch_of_a_repository_with_the_app_can_be_linked() {
    let story = Story::without_link();
    let alice = story.user("alice");
    story.delete_branch("v1");
    let refused = alice.put(WEB, &with_branch("v1")).expect(422);
    assert_eq!(refused["errors"][0]["field"], "build_on_push");
    assert!(refused.to_string().contains("'v1' is none"), "{refused}");
    story.installed(404);
    let refused = alice.put(WEB, &source(true)).expect(422);
    assert!(
        refused.to_string().contains("https://github.com/apps/nokube/installations/new"),
        "{refused}"
    );
    alice.get(WEB).expect(404);
    let saved = alice.put(WEB, &source(false)).expect(201);
    assert_eq!(
        (&saved["build_on_push"], &saved["automatic_builds"]),
        (&json!(false), &json!(null))
    );
}

#[test]
fn a_stranger_builds_what_is_public_but_reports_nothing() {
    let story = Story::without_link();
    story.host.create_project("bob", "copy");
    let web = "/api/v1/projects/2/services/web";
    story.permission("bob", "read");
    story.user("bob").put(web, &source(true)).expect(201);
    story.push('b');
    let service = story.user("bob").get(web).expect(200);
    assert_eq!(service["last_build"]["trigger"], "push");
    assert_eq!(service["automatic_builds"]["commit_statuses"], "no_push_permission");
    assert!(story.host.sent("POST", &format!("{}/statuses/", SHOP[0])).is_empty());
    // Of a private one nothing.
    story.repository(&json!({ "private": true }));
    story.permission("bob", "none");
    story.push('c');
    let service = story.user("bob").get(web).expect(200);
    assert_eq!(service["automatic_builds"]["problem"], "no_access");
    assert_eq!(service["last_build"]["commit_sha"], crate::story::sha('b'));
    story.user("bob").put("/api/v1/projects/2/services/api", &source(true)).expect(422);
}

#[test]
fn strangers_cannot_keep_those_who_may_push_from_linking() {
    let story = Story::without_link();
    for name in ["copy", "another", "third", "fourth"] {
        story.host.create_project("bob", name);
    }
    story.permission("bob", "read");
    let bob = story.user("bob");
    let path = |n: u32| format!("/api/v1/projects/{}/services/s{n}", 2 + n % 4);
    for n in 0..10 {
        bob.put(&path(n), &source(true)).expect(201);
    }
    let refused = bob.put(&path(10), &source(true)).expect(409);
    assert_eq!(refused["reason"], "too_many_services");
    story.user("alice").put(WEB, &source(true)).expect(201);
    // One that is switched off or removed makes room at once, and to confirm takes no room.
    bob.put(&path(3), &source(true)).expect(200);
    bob.put(&path(3), &source(false)).expect(200);
    bob.put(&path(10), &source(true)).expect(201);
    bob.put(&path(11), &source(true)).expect(409);
    bob.delete(&path(4)).expect(204);
    bob.put(&path(11), &source(true)).expect(201);
}

#[test]
fn strangers_cannot_take_all_places_for_one_project() {
    let story = Story::without_link();
    story.host.create_project("bob", "copy");
    story.host.create_project("carol", "other");
    story.permission("bob", "read");
    story.permission("carol", "read");
    let (bob, carol) = (story.user("bob"), story.user("carol"));
    let path = |n: u32| format!("/api/v1/projects/2/services/s{n}");
    for n in 0..3 {
        bob.put(&path(n), &source(true)).expect(201);
    }
    let refused = bob.put(&path(3), &source(true)).expect(409);
    assert_eq!(refused["reason"], "too_many_services");
    assert!(refused["detail"].as_str().unwrap().contains("of this project"), "{refused}");
    carol.put("/api/v1/projects/3/services/web", &source(true)).expect(201);
    // Those who may push have other places.
    story.permission("bob", "write");
    bob.put(&path(3), &source(true)).expect(201);
}

/// A developer who may not push to the repository, and the owner, who may.
#[test]
fn a_service_has_a_place_among_those_of_its_present_person() {
    let story = Story::without_link();
    story.member("bob", "developer");
    story.permission("bob", "read");
    let saved = |story: &Story| {
        let stored = story.host.stored();
        let record: serde_json::Value = serde_json::from_str(&stored["service/1/web"]).unwrap();
        record["source"]["build_on_push"].clone()
    };
    story.user("bob").put(WEB, &source(true)).expect(201);
    let of_bob = saved(&story);
    story.user("alice").put(WEB, &source(true)).expect(200);
    let of_alice = saved(&story);
    assert_ne!(of_bob["place"], of_alice["place"]);
    assert_eq!(of_alice["may_push"], true);
    story.user("alice").put(WEB, &source(true)).expect(200);
    assert_eq!(saved(&story)["place"], of_alice["place"]);
    // Pushes build it once.
    story.push('b');
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
    story.user("bob").put(WEB, &source(true)).expect(200);
    assert_ne!(saved(&story)["may_push"], true);
    story.push('c');
    assert_eq!((story.built().as_str(), story.dispatches()), ("bc", 2));
}

#[test]
fn who_changes_what_is_built_becomes_responsible() {
    let story = Story::new();
    let alice = story.user("alice");
    let before = alice.get(WEB).expect(200)["automatic_builds"].clone();
    story.host.wait(24 * 3600);
    let alice = story.user("alice");
    let on = json!({ "build_on_push": true });
    let after = story.host.run(alice.start("PATCH", WEB, Some(&on))).expect(200);
    assert_ne!(after["automatic_builds"]["confirmed_until"], before["confirmed_until"]);
    assert_eq!(after["source"]["branch"], "main");
    // Nothing is built by it, and the next push is.
    assert_eq!(story.built(), "");
    story.push('b');
    assert_eq!(story.built(), "b");
    let paths = json!({ "watch_paths": ["docs/**"] });
    let changed = story.host.run(alice.start("PATCH", WEB, Some(&paths))).expect(200);
    assert_eq!(
        (&changed["watch_paths"], &changed["build_on_push"]),
        (&json!(["docs/**"]), &json!(true))
    );
    story.push('c');
    assert_eq!(story.built(), "b");
}

#[test]
fn nothing_of_the_pushes_outlives_what_is_saved() {
    let story = Story::new();
    story.push('b');
    let kept =
        |story: &Story| story.host.stored().keys().filter(|key| key.starts_with("push/1/")).count();
    assert_eq!(kept(&story), 2);
    story.user("alice").delete(WEB).expect(204);
    assert_eq!(kept(&story), 0);
    story.push('c');
    assert_eq!((story.built().as_str(), kept(&story)), ("b", 0));
    // The deletion of a project deletes them too.
    story.user("alice").put(WEB, &source(true)).expect(201);
    story.push('d');
    assert_eq!(kept(&story), 2);
    story.host.run(async {
        let store = Store::open().await.unwrap();
        delete_saved(&store, ProjectId(1)).await.unwrap();
    });
    assert_eq!(kept(&story), 0);
}
