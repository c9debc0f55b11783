//! A push is built once, and the newest one wins.

use crate::story::{Story, WEB, sha, source};
use futures::future::{join, join_all};
use serde_json::json;

#[test]
fn a_push_is_built_once_however_often_it_is_processed() {
    let story = Story::new();
    assert_eq!(story.built(), "");
    story.head('b');
    let number = story.event('b');
    assert_eq!(story.process(number).status, 204);
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
    // The item is done. Other events of the same push, and reads, find nothing new.
    assert_eq!(story.process(number).status, 204);
    let other = story.event('b');
    assert_eq!(story.process(other).status, 204);
    assert_eq!(story.decisions(), ["unchanged", "built"]);
    let service = story.user("alice").get(WEB).expect(200);
    assert_eq!(service["last_build"]["commit"]["sha"], sha('b'));
    assert_eq!(service["last_build"]["trigger"], "push");
    assert_eq!(service["automatic_builds"]["problem"], json!(null));
    assert_eq!(service["automatic_builds"]["enabled_by"], "alice");
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
}

#[test]
fn an_event_that_was_lost_is_made_up_for_by_a_read() {
    let story = Story::new();
    story.head('b');
    story.user("alice").get(WEB).expect(200);
    assert_eq!(story.built(), "b");
    story.user("alice").get(WEB).expect(200);
    assert_eq!(story.built(), "b");
    let event = story.event('b');
    story.process(event);
    // The push that the read has found is the one of the event.
    assert_eq!((story.built().as_str(), story.decisions()), ("b", vec!["built".into()]));
}

#[test]
fn the_newest_of_two_pushes_wins_and_the_other_is_cancelled() {
    let story = Story::new();
    story.push('b');
    story.push('c');
    assert_eq!(story.built(), "bc");
    let cancelled = story.host.sent_urls().iter().filter(|url| url.ends_with("/cancel")).count();
    assert_eq!(cancelled, 1);
    assert_eq!(story.decisions()[0], "built");
    // A force push back to an old commit is built again.
    story.push('b');
    assert_eq!(story.built(), "bcb");
}

#[test]
fn what_does_not_concern_the_service_and_what_asks_for_no_build_is_not_built() {
    let story = Story::new();
    story.head_with('b', "A change", "README.md");
    let event = story.event('b');
    story.process(event);
    story.head_with('c', "A change [skip ci]", "web/main.rs");
    let event = story.event('c');
    story.process(event);
    assert_eq!(
        (story.built().as_str(), story.decisions()),
        ("", vec!["skipped".into(), "not_affected".into()])
    );
}

#[test]
fn ten_events_at_once_make_one_build_of_the_last_head() {
    let story = Story::new();
    story.head('b');
    let events: Vec<_> = (0..10).map(|_| story.event('b')).collect();
    let anybody = story.host.anybody(builds::ROUTES);
    let requests = events
        .iter()
        .map(|number| anybody.start("POST", &format!("/internal/work/{number}"), Some(&json!({}))));
    let requests: Vec<_> = requests.collect();
    story.host.run(async { join_all(requests).await.len() });
    // Those that found another one at work are processed again by `reconcile`.
    for number in &events {
        assert_eq!(story.process(*number).status, 204);
    }
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
}

#[test]
fn an_event_and_a_change_of_the_service_at_once_end_with_what_is_saved() {
    for switched_on in [true, false] {
        let story = Story::new();
        story.head('b');
        let number = story.event('b');
        let path = format!("/internal/work/{number}");
        let processing = story.host.anybody(builds::ROUTES).start("POST", &path, Some(&json!({})));
        let saving = story.user("alice").start("PUT", WEB, Some(&source(switched_on)));
        let saved = story.host.run(async { join(processing, saving).await.1 });
        assert_eq!(saved.expect(200)["build_on_push"], switched_on);
        story.process(number);
        assert!(story.built().len() <= 1, "{}", story.built());
        assert!(!switched_on || story.built() == "b");
    }
}
