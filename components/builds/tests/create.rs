//! Requesting a build: GitHub starts it once, whatever fails on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use futures::future::join;
use nokube_domain::ProjectId;
use nokube_test_host::{Client, StoreFault, TestHost};
use serde_json::{Value, json};
use std::{collections::BTreeSet, rc::Rc};

const GITHUB: &str = "https://api.github.com/repos";
const DISPATCHES: &str =
    "https://api.github.com/repos/platform/builder/actions/workflows/build.yml/dispatches";

/// A platform with Alice's project `myapp`, a public repository, and a builder that starts runs.
fn platform() -> (Rc<TestHost>, Client, Value) {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    let project = host.create_project("alice", "myapp");
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &json!({ "private": false }));
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &format!("{GITHUB}/acme/shop/commits/"), 200, &commit);
    let runs = format!("{GITHUB}/platform/builder/actions/workflows/build.yml/runs");
    host.respond("GET", &runs, 200, &json!({ "total_count": 0, "workflow_runs": [] }));
    let run = format!("{GITHUB}/platform/builder/actions/runs/30");
    host.respond("GET", &run, 404, &json!({ "message": "Not Found" }));
    host.respond("POST", DISPATCHES, 200, &json!({ "workflow_run_id": 30 }));
    let alice = host.user(ROUTES, "alice");
    (host, alice, request(project))
}

fn request(project: ProjectId) -> Value {
    json!({
        "project_id": project,
        "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp",
        "service_name": "frontend",
    })
}

/// The ids of the builds that GitHub was asked to start, in order.
fn dispatched(host: &TestHost) -> Vec<Value> {
    let bodies = host.sent("POST", DISPATCHES);
    let id =
        |body: &String| serde_json::from_str::<Value>(body).unwrap()["inputs"]["build_id"].clone();
    bodies.iter().map(id).collect()
}

#[test]
fn a_build_is_started_at_github_and_can_be_read() {
    let (host, alice, request) = platform();
    let response = alice.post("/api/v1/builds", &request);
    let build = response.expect(202);
    assert_eq!(dispatched(&host), [build["build_id"].clone()]);
    let path = response.header("location");
    assert_eq!(path, format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap()));
    assert_eq!(alice.get(path).expect(200)["status"], "pending");
    host.user(ROUTES, "bob").get(path).expect(404);
}

#[test]
fn a_repeated_request_with_the_same_key_starts_no_second_build() {
    let (host, alice, mut request) = platform();
    let alice = alice.with_header("idempotency-key", "click-1");
    let first = alice.post("/api/v1/builds", &request).expect(202);
    let repeated = alice.post("/api/v1/builds", &request).expect(202);
    assert_eq!(repeated["build_id"], first["build_id"]);
    assert_eq!(dispatched(&host).len(), 1);
    request["service_name"] = json!("backend");
    let other = alice.post("/api/v1/builds", &request).expect(422);
    assert_eq!(other["errors"][0]["field"], "Idempotency-Key");
}

#[test]
fn of_two_requests_with_the_same_key_at_once_one_starts_a_build() {
    let (host, alice, request) = platform();
    let alice = alice.with_header("idempotency-key", "click-1");
    let click = || alice.start("POST", "/api/v1/builds", Some(&request));
    let (first, second) = host.run(join(click(), click()));
    let statuses = BTreeSet::from([first.status, second.status]);
    assert_eq!(statuses, BTreeSet::from([202, 409]), "the second request gets a conflict");
    assert_eq!(dispatched(&host).len(), 1);
    alice.post("/api/v1/builds", &request).expect(202);
    assert_eq!(dispatched(&host).len(), 1);
}

#[test]
fn wherever_the_store_fails_no_build_is_started_twice_and_a_repetition_succeeds() {
    for writes in 0.. {
        let (host, alice, request) = platform();
        let alice = alice.with_header("idempotency-key", "click-1");
        host.store_fails(StoreFault::AfterWrites(writes));
        let first = alice.post("/api/v1/builds", &request);
        host.store_works();
        if first.status == 202 {
            // Reservation, number, record, audit log, the service's newest build, work item, result, run; a place, and, at
            // the owner's first build, that places are counted from now on; and the number of a service that was never
            // built.
            assert_eq!(writes, 10 + 2 + 2 + 2);
            return;
        }
        first.expect(503);
        // The client repeats the request until it gets a response. Each of two leases ends after a minute.
        let again = || {
            host.wait(61);
            alice.post("/api/v1/builds", &request)
        };
        let mut responses = std::iter::repeat_with(again).take(6);
        let build = responses.find(|response| response.status == 202).unwrap().expect(202);
        let ids = dispatched(&host);
        let distinct: BTreeSet<_> = ids.iter().map(Value::to_string).collect();
        assert_eq!(distinct.len(), ids.len(), "after {writes} writes: {ids:?}");
        let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
        alice.get(&path).expect(200);
    }
}

#[test]
fn while_github_does_not_answer_nothing_is_stored() {
    let (host, alice, request) = platform();
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 503, &json!({}));
    let stored = host.stored();
    alice.post("/api/v1/builds", &request).expect(503);
    assert_eq!(host.stored(), stored);
}

/// GitHub may have started the build, although its response is lost.
#[test]
fn without_a_response_a_read_is_sent_again_and_a_dispatch_is_not() {
    let (host, alice, mut request) = platform();
    host.set("github_builder_repository", "platform/unreachable");
    alice.post("/api/v1/builds", &request).expect(202);
    assert_eq!(host.sent("POST", &format!("{GITHUB}/platform/unreachable/")).len(), 1);
    request["repository_url"] = json!("https://github.com/acme/unreachable");
    alice.post("/api/v1/builds", &request).expect(503);
    assert_eq!(host.sent("GET", &format!("{GITHUB}/acme/unreachable")).len(), 3);
}
