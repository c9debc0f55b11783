//! Why a push is not built, and that it is built when the reason is gone.

use crate::story::{API, SHOP, Story, WEB, sha};
use builds::ROUTES;
use nokube_domain::{
    Person, ProjectId,
    projects::Members,
    pushes::{PushEvent, RepositoryChange},
};
use nokube_edge::store::{Store, keys};
use serde_json::json;

fn alice() -> Person {
    Person { issuer: "nokube".into(), subject: "alice".into() }
}

/// Alice is the owner, or a viewer of bob's project.
pub fn set_owner(story: &Story, is_owner: bool) {
    story.host.run(async move {
        let store = Store::open().await.unwrap();
        let bob = Person { issuer: "nokube".into(), subject: "bob".into() };
        let members = match is_owner {
            true => Members::new(alice()),
            false => {
                let mut members = serde_json::to_value(Members::new(bob)).unwrap();
                members["others"] = json!([{
                    "person": alice(), "username": "alice", "role": "viewer", "number": 1,
                }]);
                serde_json::from_value(members).unwrap()
            }
        };
        store.set(keys::members(ProjectId(1)), &members).await.unwrap();
    });
}

pub fn set_blocked(story: &Story, is_blocked: bool) {
    story.host.run(async move {
        let store = Store::open().await.unwrap();
        store.set(keys::blocked(&alice()), &is_blocked).await.unwrap();
    });
}

fn uninstall(story: &Story) {
    for at in SHOP {
        let not_found = json!({ "message": "Not Found" });
        story.host.respond("GET", &format!("{at}/installation"), 404, &not_found);
    }
}

fn lose_repository(story: &Story) {
    for at in SHOP {
        story.host.respond("GET", at, 404, &json!({ "message": "Not Found" }));
    }
}

#[test]
fn each_reason_is_named_and_the_push_is_built_when_it_is_gone() {
    type Change = fn(&Story);
    let cases: [(&str, Change, Change); 8] = [
        ("not_a_member", |it| set_owner(it, false), |it| set_owner(it, true)),
        ("blocked", |it| set_blocked(it, true), |it| set_blocked(it, false)),
        ("app_not_installed", uninstall, |it| it.installed(200)),
        ("repository_missing", lose_repository, |it| it.repository(&json!({}))),
        (
            "repository_archived",
            |it| it.repository(&json!({ "archived": true })),
            |it| it.repository(&json!({})),
        ),
        (
            "no_access",
            |it| {
                it.repository(&json!({ "private": true }));
                it.permission("alice", "none");
            },
            |it| it.permission("alice", "read"),
        ),
        ("branch_missing", |it| it.delete_branch("main"), |_| {}),
        (
            "confirmation_required",
            |it| it.host.wait(91 * 24 * 3600),
            |it| {
                let on = json!({ "build_on_push": true });
                let patch = it.user("alice").start("PATCH", WEB, Some(&on));
                it.host.run(patch).expect(200);
            },
        ),
    ];
    for (reason, happen, fix) in cases {
        let story = Story::new();
        story.head('b');
        happen(&story);
        if ["repository_archived", "no_access"].contains(&reason) {
            // What is scripted later comes first.
            story.head('b');
        }
        let event = story.event('b');
        assert_eq!(story.process(event).status, 204, "{reason}");
        assert_eq!(story.built(), "", "{reason}");
        let member = story.user("alice");
        let pushes = member.get(&format!("{WEB}/pushes")).expect(200)["pushes"].clone();
        assert_eq!(pushes.as_array().unwrap().len(), 1, "a read says it once: {pushes}");
        assert_eq!(pushes[0]["decision"], reason);
        let service = member.get(WEB).expect(200);
        assert_eq!(service["automatic_builds"]["problem"], reason);
        fix(&story);
        story.head('b');
        assert_eq!(
            story.user("alice").get(WEB).expect(200)["automatic_builds"]["problem"],
            json!(null)
        );
        assert_eq!(story.built(), "b", "{reason}");
    }
}

#[test]
fn a_renamed_repository_is_built_under_its_new_name() {
    let story = Story::new();
    story.repository(&json!({ "full_name": "acme/store" }));
    story.push('b');
    let sent = story.host.sent("POST", crate::story::DISPATCHES);
    assert!(sent[0].contains("acme/store"), "{sent:?}");
}

#[test]
fn a_service_without_a_branch_follows_the_default_branch() {
    let story = Story::without_link();
    let source = json!({
        "repository_url": "https://github.com/acme/shop", "context": "web", "build_on_push": true,
    });
    story.user("alice").put(WEB, &source).expect(201);
    story.push('b');
    story.repository(&json!({ "default_branch": "trunk" }));
    story.head('c');
    let event = story.store(RepositoryChange::Repository);
    assert_eq!(story.process(event).status, 204);
    assert_eq!(story.built(), "bc");
    // `main` is any branch now.
    story.push('d');
    assert_eq!(story.built(), "bc");
}

#[test]
fn an_event_of_another_repository_or_none_costs_nothing() {
    let story = Story::new();
    let before = story.host.sent_urls().len();
    assert_eq!(story.host.anybody(ROUTES).post("/internal/work/99", &json!({})).status, 204);
    assert_eq!(story.host.anybody(ROUTES).post("/internal/work/x", &json!({})).status, 404);
    assert_eq!(story.host.sent_urls().len(), before, "{API} is not asked");
}

#[test]
fn github_is_not_asked_about_a_push_to_a_branch_that_no_service_has() {
    let story = Story::new();
    let before = story.host.sent_urls().len();
    let event = story.store(RepositoryChange::Push(PushEvent {
        branch: "feature".into(),
        before: None,
        after: sha('b').parse().ok(),
        forced: false,
        sender: None,
        head_commit: None,
        unknown_fields: Default::default(),
    }));
    assert_eq!(story.process(event).status, 204);
    assert_eq!(story.host.sent_urls().len(), before);
}
