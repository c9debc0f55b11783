//! The store fails after each number of writes; what was left is done later.

use crate::story::{Story, WEB, source};
use futures::future::{Either, join, select};
use nokube_test_host::{Response, StoreFault, after_calls};
use serde_json::json;
use std::{pin::pin, rc::Rc};

/// Begins to process an item.
pub fn processing(story: &Story, number: u32) -> impl Future<Output = Response> + 'static + use<> {
    let path = format!("/internal/work/{number}");
    story.host.anybody(builds::ROUTES).start("POST", &path, Some(&json!({})))
}

/// Processes an item until it is done, as `reconcile` does.
pub fn finish(story: &Story, number: u32, case: &str) {
    let again = || {
        story.host.wait(61);
        story.process(number).status
    };
    let mut statuses = std::iter::repeat_with(again).take(4);
    assert!(statuses.any(|status| status == 204), "{case}");
}

/// Processes two items until they are done. After so many calls of the first one, `change` happens, and the second one
/// begins.
pub fn process_at_once(
    story: Story,
    [first, second]: [u32; 2],
    calls: u32,
    change: impl FnOnce(&Story) + 'static,
) -> Rc<Story> {
    let (one, other) = (processing(&story, first), processing(&story, second));
    let story = Rc::new(story);
    let changed = story.clone();
    story.host.run(async move {
        let later = async {
            after_calls(calls).await;
            change(&changed);
            other.await
        };
        join(one, later).await
    });
    for number in [first, second] {
        finish(&story, number, &format!("after {calls} calls"));
    }
    story
}

/// GitHub shows no run of the last build, and the time in which it should is over.
fn never_started(story: &Story) {
    let workflow = crate::story::DISPATCHES.replace("/dispatches", "/runs");
    story.host.respond("GET", &workflow, 200, &json!({ "total_count": 0, "workflow_runs": [] }));
    story.host.wait(2_800);
    let service = story.user("alice").get(&format!("{WEB}/pushes")).expect(200);
    let build = service["pushes"][0]["build_id"].as_str().unwrap().to_owned();
    let path = format!("/internal/builds/{build}");
    story.host.anybody(builds::ROUTES).post(&path, &json!({}));
}

/// A request can end at every await, for example when the host stops.
#[test]
fn wherever_processing_is_cut_off_the_push_is_built_once() {
    for n in 0.. {
        let story = Story::new();
        story.head('b');
        let number = story.event('b');
        let process = processing(&story, number);
        let was_done = story.host.run(async move {
            matches!(select(pin!(process), pin!(after_calls(n))).await, Either::Left(_))
        });
        let case = format!("after {n} calls");
        finish(&story, number, &case);
        // A build that was cut off before anybody could know of it was never dispatched.
        assert!(["b", "bb"].contains(&story.built().as_str()), "{case}: {}", story.built());
        assert_eq!(story.decisions()[0], "built", "{case}");
        assert_eq!(story.dispatches(), 1, "{case}");
        if was_done {
            assert!(n > 40, "{n}");
            return;
        }
    }
}

/// The second push comes while the first one is processed.
#[test]
fn of_two_pushes_at_any_distance_the_second_is_built_and_the_first_is_not_left_running() {
    for n in (0..120).step_by(2) {
        let story = Story::new();
        story.head('b');
        let first = story.event('b');
        let second = story.event('c');
        let story = process_at_once(story, [first, second], n, |story| story.head('c'));
        let case = format!("after {n} calls");
        let built = story.built();
        assert!(
            built == "c" || built == "bc" || built == "cc" || built == "bcc",
            "{case}: {built}"
        );
        let cancelled = |url: &&String| url.ends_with("/cancel");
        let cancelled = story.host.sent_urls().iter().filter(cancelled).count();
        let dispatched = story.dispatches();
        assert!(dispatched <= cancelled + 1, "{case}: {built} {dispatched} {cancelled}");
        let service = story.user("alice").get(WEB).expect(200);
        assert_eq!(service["last_build"]["commit"]["sha"], crate::story::sha('c'), "{case}");
        assert_eq!(service["last_build"]["superseded"], false, "{case}");
    }
}

#[test]
fn wherever_processing_is_interrupted_the_push_is_built_once() {
    for writes in 0.. {
        let story = Story::new();
        story.push('b');
        story.head('c');
        let number = story.event('c');
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let first = story.process(number);
        story.host.store_works();
        // The lease of a request that was interrupted ends after a minute from when it was found.
        let again = || {
            story.host.wait(61);
            story.process(number).status
        };
        let mut statuses = std::iter::repeat_with(again).take(4);
        assert!(statuses.any(|status| status == 204), "after {writes} writes");
        let built = story.built();
        assert!(built == "bc" || built == "bcc", "after {writes} writes: {built}");
        assert_eq!(story.dispatches(), 2, "after {writes} writes: {built}");
        assert_eq!(story.decisions()[0], "built", "after {writes} writes");
        if first.status == 204 {
            assert!(writes > 8, "{writes}");
            return;
        }
    }
}

#[test]
fn wherever_switching_on_is_interrupted_a_repetition_links_the_service_once() {
    for writes in 0.. {
        let story = Story::without_link();
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let first = story.user("alice").put(WEB, &source(true));
        story.host.store_works();
        let again = || {
            story.host.wait(61);
            story.user("alice").put(WEB, &source(true)).status
        };
        let mut statuses = std::iter::repeat_with(again).take(6);
        let case = format!("after {writes} writes");
        assert!(statuses.any(|status| status == 200 || status == 201), "{case}");
        story.push('b');
        assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1), "{case}");
        if first.status == 201 {
            return;
        }
    }
}

/// Nobody knows whether GitHub got the request of a process that ended while it sent it.
#[test]
fn a_build_that_github_never_shows_is_started_again_for_some_time() {
    let story = Story::new();
    story.host.respond("POST", crate::story::DISPATCHES, 204, &json!({}));
    story.push('b');
    for dispatches in 1..4 {
        story.user("alice").get(WEB).expect(200);
        assert_eq!(story.dispatches(), dispatches);
        never_started(&story);
    }
    for _ in 0..5 {
        never_started(&story);
        story.user("alice").get(WEB).expect(200);
    }
    assert_eq!(story.dispatches(), 3);
    assert!(story.built().chars().all(|commit| commit == 'b'));
}
