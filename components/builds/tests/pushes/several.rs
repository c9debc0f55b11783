//! A repository with several services, and an owner who may have few builds at once.

use crate::story::{DISPATCHES, SHOP, Story, sha, source};
use serde_json::{Value, json};

fn path(service: &str) -> String {
    format!("/api/v1/projects/1/services/{service}")
}

/// Services in directories of their names.
fn link(story: &Story, services: &[&str]) {
    for service in services {
        let mut source = source(true);
        source["context"] = json!(service);
        story.user("alice").put(&path(service), &source).expect(201);
    }
}

fn decision(story: &Story, service: &str) -> Value {
    let pushes = story.user("alice").get(&format!("{}/pushes", path(service))).expect(200);
    pushes["pushes"][0]["decision"].clone()
}

#[test]
fn of_three_services_those_are_built_that_a_push_concerns() {
    let story = Story::without_link();
    link(&story, &["web", "api", "worker"]);
    story.head_with('b', "A change", "api/main.rs");
    let before = story.host.sent_urls().len();
    let event = story.event('b');
    assert_eq!(story.process(event).status, 204);
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
    // GitHub is asked once about the repository, the branch and the two commits.
    let asked = |part: &str| {
        let urls = story.host.sent_urls();
        let urls = urls[before..].iter().filter(|url| url.starts_with(SHOP[0]));
        urls.filter(|url| url.contains(part)).count()
    };
    assert_eq!((asked("/commits/"), asked("/compare/")), (1, 1));
    let decisions = ["web", "api", "worker"].map(|service| decision(&story, service));
    assert_eq!(decisions, ["not_affected", "built", "not_affected"]);
    // A check that is required must not block what a push does not concern.
    let statuses: Vec<Value> = story
        .host
        .sent("POST", &format!("{}/statuses/{}", SHOP[0], sha('b')))
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    let state = |service: &str| {
        let context = format!("nokube/myapp/{service}");
        let status = statuses.iter().find(|status| status["context"] == context.as_str());
        status.unwrap()["state"].clone()
    };
    assert_eq!(["web", "api", "worker"].map(state), ["success", "pending", "success"]);
}

#[test]
fn a_push_to_more_services_than_there_is_capacity_for_waits() {
    let story = Story::without_link();
    story.host.set("max_running_builds_per_person", "1");
    link(&story, &["web", "api"]);
    let everything = json!({ "status": "diverged", "files": [] });
    story.head('b');
    story.host.respond("GET", &format!("{}/compare/", SHOP[0]), 200, &everything);
    let event = story.event('b');
    story.process(event);
    assert_eq!((story.built().as_str(), story.host.sent("POST", DISPATCHES).len()), ("bb", 1));
    let mut decisions = ["web", "api"].map(|service| decision(&story, service).to_string());
    decisions.sort();
    assert_eq!(decisions, ["\"built\"", "\"waiting_for_capacity\""]);
    // Of a service that waits, only the newest is ever dispatched.
    story.head('c');
    story.host.respond("GET", &format!("{}/compare/", SHOP[0]), 200, &everything);
    let event = story.event('c');
    story.process(event);
    assert_eq!(story.built(), "bbcc");
    let superseded = ["web", "api"].map(|service| {
        let pushes = story.user("alice").get(&format!("{}/pushes", path(service))).expect(200);
        pushes["pushes"][1]["decision"].clone()
    });
    assert!(superseded.contains(&json!("superseded")), "{superseded:?}");
}

#[test]
fn pushes_start_no_more_builds_in_a_minute_than_a_person_may() {
    let story = Story::without_link();
    story.host.set("limit_builds_per_minute", "1");
    link(&story, &["web"]);
    // A new minute.
    story.host.wait(60);
    for digit in ['b', 'c', 'd'] {
        story.head_with(digit, "A change", "web/main.rs");
        let event = story.event(digit);
        story.process(event);
    }
    // Each is the newest one for a moment, but anybody can push again and again.
    assert_eq!((story.built().as_str(), story.dispatches()), ("bcd", 1));
    assert_eq!(decision(&story, "web"), "waiting_for_capacity");
    story.host.wait(60);
    story.host.anybody(builds::ROUTES).post("/internal/reconcile", &json!({})).expect(200);
    assert_eq!((story.built().as_str(), story.dispatches()), ("bcd", 2));
    assert_eq!(decision(&story, "web"), "built");
}
