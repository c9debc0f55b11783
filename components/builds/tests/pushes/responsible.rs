//! A push builds and reports for the person who is responsible, and only as long as they are.

use crate::{
    reasons::{set_blocked, set_owner},
    story::{SHOP, Story, WEB, sha, source},
};
use serde_json::{Value, json};

/// Pushes have built `b`, and the build of `c` waits. Bob is a developer too.
fn waiting(is_private: bool) -> Story {
    let story = Story::without_link();
    story.host.set("limit_builds_per_minute", "1");
    story.repository(&json!({ "private": is_private }));
    story.head('a');
    story.member("bob", "developer");
    story.permission("bob", "write");
    story.user("alice").put(WEB, &source(true)).expect(201);
    story.host.wait(60);
    story.push('b');
    story.push('c');
    assert_eq!((story.built().as_str(), story.dispatches()), ("bc", 1));
    story
}

#[test]
fn a_build_that_waits_is_not_dispatched_for_somebody_who_may_not_build_any_more() {
    type Change = fn(&Story);
    let cases: [(&str, bool, Change); 6] = [
        ("", true, |_| {}),
        ("is blocked", false, |it| set_blocked(it, true)),
        ("no longer a developer", false, |it| set_owner(it, false)),
        ("can no longer read", true, |it| it.permission("alice", "none")),
        ("no longer build this service", false, |it| {
            it.user("bob").put(WEB, &source(false)).expect(200);
        }),
        ("Somebody else", false, |it| {
            it.user("bob").put(WEB, &source(true)).expect(200);
        }),
    ];
    for (reason, is_private, change) in cases {
        let story = waiting(is_private);
        change(&story);
        story.host.wait(60);
        story.reconcile();
        let build = story.user("bob").get(WEB).expect(200)["last_build"].clone();
        let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
        let build = story.user("bob").get(&path).expect(200);
        if reason.is_empty() {
            assert_eq!((story.dispatches(), &build["status"]), (2, &json!("pending")), "{build}");
            continue;
        }
        assert_eq!((story.dispatches(), &build["status"]), (1, &json!("failed")), "{reason}");
        assert!(build["error_message"].to_string().contains(reason), "{reason}: {build}");
        assert_eq!(story.built(), "bc", "{reason}");
    }
}

#[test]
fn the_permission_of_one_person_does_not_report_what_another_one_has_built() {
    let story = Story::without_link();
    story.member("bob", "developer");
    story.permission("bob", "read");
    story.user("bob").put(WEB, &source(true)).expect(201);
    story.push('b');
    let build = story.user("bob").get(WEB).expect(200)["last_build"].clone();
    let follow = format!("/internal/builds/{}", build["build_id"].as_str().unwrap());
    story.user("alice").put(WEB, &source(true)).expect(200);
    let statuses = |commit: char| -> Vec<Value> {
        let sent = story.host.sent("POST", &format!("{}/statuses/{}", SHOP[0], sha(commit)));
        sent.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    };
    let look_again = || {
        story.host.anybody(builds::ROUTES).post(&follow, &json!({}));
        story.user("alice").get(WEB).expect(200);
        story.reconcile();
    };
    look_again();
    let event = story.event('b');
    assert_eq!(story.process(event).status, 204);
    assert_eq!(statuses('b'), Vec::<Value>::new());
    // Her own are reported.
    story.push('c');
    look_again();
    assert_eq!(statuses('c')[0]["state"], "pending");
    assert_eq!(statuses('b'), Vec::<Value>::new());
}

#[test]
fn nor_does_it_report_what_did_not_concern_the_service_of_another_one() {
    let story = Story::without_link();
    story.member("bob", "developer");
    story.permission("bob", "read");
    story.user("bob").put(WEB, &source(true)).expect(201);
    story.head_with('b', "A change", "README.md");
    let event = story.event('b');
    story.process(event);
    story.host.wait(1);
    story.user("alice").put(WEB, &source(true)).expect(200);
    let event = story.event('b');
    story.process(event);
    let sent = || story.host.sent("POST", &format!("{}/statuses/", SHOP[0])).len();
    assert_eq!((story.decisions()[1].as_str(), sent()), ("not_affected", 0));
    story.head_with('c', "A change", "README.md");
    let event = story.event('c');
    story.process(event);
    assert_eq!(sent(), 1);
}
