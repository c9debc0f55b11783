//! `/api/v1/reconcile`: anybody can start a run, one in 15 s, and only administrators see its parts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use futures::future::join_all;
use nokube_edge::now;
use nokube_test_host::{Client, TestHost};
use platform::ROUTES;
use serde_json::{Value, json};
use std::{rc::Rc, time::Duration};

const PATH: &str = "/api/v1/reconcile";
const BUILDS: &str = "http://builds.spin.internal/internal/reconcile";
const DEPLOY: &str = "http://deploy.spin.internal/internal/reconcile";

fn part(name: &str, done: u32, remaining: u32) -> Value {
    json!({ "name": name, "ok": true, "done": done, "remaining": remaining })
}

fn platform() -> (Rc<TestHost>, Client) {
    let host = TestHost::install();
    host.respond("POST", BUILDS, 200, &json!([part("builds", 3, 1), part("waiting_builds", 0, 2)]));
    host.respond("POST", DEPLOY, 200, &json!([part("deployments", 1, 0)]));
    let anybody = host.anybody(ROUTES);
    (host, anybody)
}

/// How often each component was asked.
fn runs(host: &TestHost) -> (usize, usize) {
    (host.sent("POST", BUILDS).len(), host.sent("POST", DEPLOY).len())
}

#[test]
fn anybody_can_start_a_run_and_sees_how_much_was_done() {
    let (host, anybody) = platform();
    let expected = json!({ "done": 4, "remaining": 3, "complete": true });
    assert_eq!(anybody.post(PATH, &json!(null)).expect(200), expected);
    assert_eq!(anybody.get(PATH).expect(200), expected, "the result of the last run");
    assert_eq!(runs(&host), (1, 1));
    assert_eq!(host.logged_numbers("kv_reads"), [3, 1]);
    assert_eq!(host.logged_numbers("kv_writes"), [4, 0]);
}

#[test]
fn runs_begin_at_least_15_seconds_after_each_other() {
    let (host, anybody) = platform();
    for second in 0..60 {
        anybody.get(PATH).expect(200);
        assert_eq!(runs(&host).0, 1 + second / 15, "after {second} s");
        host.wait(1);
    }
}

#[test]
fn of_a_hundred_and_twenty_strangers_at_once_one_starts_a_run() {
    let (host, anybody) = platform();
    for expected in 1..4 {
        let requests: Vec<_> = (0..120).map(|_| anybody.start("POST", PATH, None)).collect();
        let responses = host.run(join_all(requests));
        assert!(responses.iter().all(|response| response.status == 200));
        assert_eq!(runs(&host), (expected, expected));
        host.wait(15);
    }
}

#[test]
fn a_run_that_was_interrupted_keeps_the_next_one_for_a_minute_at_most() {
    let (host, anybody) = platform();
    host.store_fails(nokube_test_host::StoreFault::AfterWrites(2));
    anybody.get(PATH).expect(503);
    host.store_works();
    assert_eq!(runs(&host), (0, 0), "nothing runs before its time is stored");
    host.wait(60);
    anybody.get(PATH).expect(200);
    assert_eq!(runs(&host), (1, 1));
}

#[test]
fn administrators_see_the_parts() {
    let (host, anybody) = platform();
    let parts = host.user(ROUTES, "root").get(PATH).expect(200)["details"].clone();
    let expected =
        json!([part("builds", 3, 1), part("waiting_builds", 0, 2), part("deployments", 1, 0)]);
    assert_eq!(parts, expected);
    for stranger in [
        anybody.clone(),
        host.user(ROUTES, "alice"),
        anybody.with_header("authorization", "Bearer nonsense"),
    ] {
        assert_eq!(stranger.get(PATH).expect(200)["details"], json!(null));
    }
}

#[test]
fn a_component_that_does_not_answer_is_no_reason_to_leave_the_rest() {
    let (host, anybody) = platform();
    for broken in [json!({ "type": "/problems/internal" }), json!([{ "name": "builds" }])] {
        host.respond("POST", BUILDS, 500, &broken);
        let expected = json!({ "done": 1, "remaining": 0, "complete": false });
        assert_eq!(anybody.get(PATH).expect(503), expected, "no details");
        let details = host.user(ROUTES, "root").get(PATH).expect(503)["details"].clone();
        assert_eq!(details[0], json!({ "name": "builds", "ok": false, "done": 0, "remaining": 0 }));
        host.wait(15);
    }
}

#[test]
fn a_run_takes_at_most_ten_seconds() {
    let (host, anybody) = platform();
    host.respond_after(Duration::from_secs(60));
    let begun_at = now();
    anybody.get(PATH).expect(503);
    assert!(now().as_second() - begun_at.as_second() <= 10);
}

#[test]
fn a_parameter_that_it_does_not_know_is_an_error() {
    let (host, anybody) = platform();
    anybody.get(&format!("{PATH}?force=true")).expect(422);
    assert_eq!(runs(&host), (0, 0));
}
