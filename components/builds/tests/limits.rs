//! GitHub limits the platform's requests: nothing is lost, and nothing is sent twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use futures::future::join;
use nokube_domain::{BuildId, Timestamp};
use nokube_edge::store::{Counter, Store};
use nokube_test_host::{Client, StoreFault, TestHost};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::{Value, json};
use std::rc::Rc;

const GITHUB: &str = "https://api.github.com/repos";
const DISPATCHES: &str =
    "https://api.github.com/repos/platform/builder/actions/workflows/build.yml/dispatches";

fn platform() -> (Rc<TestHost>, Client, Value) {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    let project = host.create_project("alice", "myapp");
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &json!({ "private": false }));
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &format!("{GITHUB}/acme/shop/commits/"), 200, &commit);
    let runs = format!("{GITHUB}/platform/builder/actions/workflows/build.yml/runs");
    host.respond("GET", &runs, 200, &json!({ "total_count": 0, "workflow_runs": [] }));
    let request = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    let alice = host.user(ROUTES, "alice");
    (host, alice, request)
}

/// GitHub's secondary limit, which need not have headers.
fn limit_dispatches(host: &TestHost) {
    let body = json!({
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes.",
        "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
    });
    host.respond("POST", DISPATCHES, 403, &body);
}

fn take_dispatches(host: &TestHost) {
    host.respond("POST", DISPATCHES, 200, &json!({ "workflow_run_id": 30 }));
    let run = json!({ "id": 30, "run_attempt": 1, "status": "in_progress" });
    host.respond("GET", &format!("{GITHUB}/platform/builder/actions/runs/30"), 200, &run);
}

fn dispatches(host: &TestHost) -> usize {
    host.sent("POST", DISPATCHES).len()
}

fn start(alice: &Client, request: &Value) -> String {
    let response = alice.post("/api/v1/builds", request);
    assert_eq!(response.expect(202)["status"], "pending", "{}", response.text);
    response.header("location").to_owned()
}

#[test]
fn a_limited_build_waits_and_exactly_one_of_two_readers_resumes_it() {
    let (host, alice, request) = platform();
    limit_dispatches(&host);
    let path = start(&alice, &request);
    let waiting = alice.get(&path).expect(200);
    assert_eq!(waiting["status"], "pending");
    assert_eq!(waiting["limited_until"], "2026-03-02T09:01:00Z");
    let detail = waiting["status_detail"].as_str().unwrap();
    assert!(
        detail.contains("GitHub limits") && detail.contains("continues at 2026-03-02T09:01:00Z")
    );
    host.wait(30);
    alice.get(&path).expect(200);
    assert_eq!(dispatches(&host), 1, "not before the limit ends");

    take_dispatches(&host);
    host.wait(31);
    let read = || alice.start("GET", &path, None);
    let (first, second) = host.run(join(read(), read()));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(dispatches(&host), 2, "one of the two");
    let build = alice.get(&path).expect(200);
    assert_eq!((&build["limited_until"], &build["attempt"]), (&Value::Null, &json!(1)));
    host.wait(15);
    assert_eq!(alice.get(&path).expect(200)["status"], "building");
    assert_eq!(dispatches(&host), 2);
}

#[test]
fn a_second_limit_is_waited_for_as_well() {
    let (host, alice, request) = platform();
    let date = [("retry-after", "Mon, 02 Mar 2026 09:05:00 GMT")];
    host.respond_with("POST", DISPATCHES, 429, &date, &json!({}));
    let path = start(&alice, &request);
    assert_eq!(alice.get(&path).expect(200)["limited_until"], "2026-03-02T09:05:00Z");
    let reset: Timestamp = "2026-03-02T09:20:00Z".parse().unwrap();
    let reset = reset.as_second().to_string();
    let exhausted = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
    host.respond_with("POST", DISPATCHES, 403, &exhausted, &json!({ "message": "No" }));
    host.wait(301);
    assert_eq!(alice.get(&path).expect(200)["limited_until"], "2026-03-02T09:20:00Z");
    host.wait(11);
    alice.get(&path).expect(200);
    assert_eq!(dispatches(&host), 2);
    take_dispatches(&host);
    host.wait(1_000);
    alice.get(&path).expect(200);
    assert_eq!(dispatches(&host), 3);
    host.wait(15);
    assert_eq!(alice.get(&path).expect(200)["status"], "building");
}

/// The reader that resumed the build may have crashed before or after GitHub received the request.
#[test]
fn after_a_crash_of_the_reader_nothing_is_sent_again_and_the_build_ends() {
    for writes in 1..6 {
        let (host, alice, request) = platform();
        limit_dispatches(&host);
        let path = start(&alice, &request);
        take_dispatches(&host);
        host.wait(61);
        // Two to be the reader that polls, its time, the claim, the resumption, and GitHub's response.
        host.store_fails(StoreFault::AfterWrites(writes));
        alice.get(&path).expect(503);
        host.store_works();
        let sent = dispatches(&host);
        assert_eq!(sent, if writes == 5 { 2 } else { 1 }, "after {writes} writes");
        host.wait(11);
        let build = alice.get(&path).expect(200);
        assert_eq!(build["status"], "pending", "after {writes} writes: {build}");
        for _ in 0..3 {
            host.wait(2_700);
            alice.get(&path).expect(200);
        }
        let build = alice.get(&path).expect(200);
        // The claim was lost: then a later reader resumes it.
        let is_free = writes <= 3;
        assert_eq!(build["error_code"] == "never_started", !is_free, "after {writes}: {build}");
        assert_eq!(dispatches(&host), if is_free { 2 } else { sent }, "after {writes} writes");
    }
}

/// The reader that claimed it may be about to store a later limit, which must not count as taken.
#[test]
fn a_reader_that_did_not_claim_the_limit_writes_only_what_a_crash_left_out() {
    let (host, alice, request) = platform();
    limit_dispatches(&host);
    let path = start(&alice, &request);
    take_dispatches(&host);
    let build: BuildId = path.rsplit('/').next().unwrap().parse().unwrap();
    let until: Timestamp = "2026-03-02T09:01:00Z".parse().unwrap();
    host.wait(61);
    host.run(async move {
        let store = Store::open().await.unwrap();
        assert_eq!(store.increment(&Counter::resumptions(build, 1, until)).await.unwrap(), 1);
    });
    assert_eq!(alice.get(&path).expect(200)["status"], "pending");
    assert!(!host.stored()["r/1/1"].contains("resumed_at"));
    host.wait(60);
    assert_eq!(alice.get(&path).expect(200)["status"], "pending");
    assert!(host.stored()["r/1/1"].contains("resumed_at"), "the one that claimed it has crashed");
    assert_eq!(dispatches(&host), 1);
}

#[test]
fn a_build_that_has_waited_counts_as_unfinished() {
    let (host, alice, request) = platform();
    host.set("max_running_builds_per_person", "1");
    host.set("build_grace_seconds", "1");
    host.set("build_longest_seconds", "60");
    host.respond_with("POST", DISPATCHES, 429, &[("retry-after", "3600")], &json!({}));
    let path = start(&alice, &request);
    host.wait(1_800);
    alice.post("/api/v1/builds", &request).expect(429);
    take_dispatches(&host);
    host.wait(1_801);
    alice.get(&path).expect(200);
    host.wait(15);
    assert_eq!(alice.get(&path).expect(200)["status"], "building");
    alice.post("/api/v1/builds", &request).expect(429);
}

#[test]
fn a_temporary_404_for_the_run_of_a_late_dispatch_is_no_deleted_run() {
    let (host, alice, request) = platform();
    limit_dispatches(&host);
    let path = start(&alice, &request);
    take_dispatches(&host);
    let builder = format!("{GITHUB}/platform/builder/actions");
    host.respond("GET", &format!("{builder}/runs/30"), 404, &json!({ "message": "Not Found" }));
    let workflow = json!({ "state": "active" });
    // Later scripts come first: the list of runs stays as it was.
    host.respond("GET", &format!("{builder}/workflows/build.yml"), 200, &workflow);
    host.wait(3_000);
    alice.get(&path).expect(200);
    assert_eq!(dispatches(&host), 2);
    host.wait(15);
    assert_eq!(alice.get(&path).expect(200)["status"], "pending", "its run is new");
    host.wait(2_700);
    assert_eq!(alice.get(&path).expect(200)["error_code"], "run_deleted");
}

#[test]
fn a_source_that_was_renamed_is_sent_under_its_present_name() {
    let (host, alice, request) = platform();
    limit_dispatches(&host);
    let path = start(&alice, &request);
    take_dispatches(&host);
    let renamed = json!({ "private": false, "full_name": "acme/store" });
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &renamed);
    host.wait(61);
    alice.get(&path).expect(200);
    let sent = host.sent("POST", DISPATCHES);
    let names = sent.iter().map(|body| serde_json::from_str::<Value>(body).unwrap());
    let names: Vec<_> = names.map(|body| body["inputs"]["repository"].clone()).collect();
    assert_eq!(names, ["acme/shop", "acme/store"]);
}

#[test]
fn a_private_build_waits_while_github_refuses_the_apps_credentials() {
    let (host, alice, request) = platform();
    let key = PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap();
    host.set("github_token", "");
    host.set("github_app_client_id", "Iv1.app");
    host.set("github_app_private_key", &key);
    let shop = format!("{GITHUB}/acme/shop");
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &shop, 200, &json!({ "private": true }));
    host.respond("GET", &format!("{shop}/commits/"), 200, &commit);
    let reader = json!({ "permission": "read" });
    host.respond("GET", &format!("{shop}/collaborators/"), 200, &reader);
    let installation = format!("{shop}/installation");
    host.respond("GET", &installation, 200, &json!({ "id": 2 }));
    let builder = format!("{GITHUB}/platform/builder/installation");
    host.respond("GET", &builder, 200, &json!({ "id": 1 }));
    let tokens = "https://api.github.com/app/installations/";
    host.respond("POST", tokens, 201, &json!({ "token": "sentinel-installation-token" }));
    limit_dispatches(&host);
    let path = start(&alice, &request);
    take_dispatches(&host);
    host.wait(61);
    let undecodable = json!({ "message": "A JSON web token could not be decoded" });
    host.respond("GET", &installation, 401, &undecodable);
    assert_eq!(alice.get(&path).expect(200)["status"], "pending");
    host.wait(11);
    host.respond("GET", &installation, 200, &json!({ "id": 2 }));
    let suspended = json!({ "message": "This installation has been suspended" });
    host.respond("POST", &format!("{tokens}2/"), 403, &suspended);
    assert_eq!(alice.get(&path).expect(200)["status"], "pending");
    host.wait(11);
    host.respond("GET", &installation, 404, &json!({ "message": "Not Found" }));
    let build = alice.get(&path).expect(200);
    let message = build["error_message"].as_str().unwrap_or_default();
    assert!(message.contains("the platform may no longer read it"), "{build}");
    assert_eq!(dispatches(&host), 1);
}

#[test]
fn a_build_that_is_cancelled_while_it_waits_is_never_sent() {
    let (host, alice, request) = platform();
    limit_dispatches(&host);
    let path = start(&alice, &request);
    alice.delete(&path).expect(202);
    take_dispatches(&host);
    host.wait(11);
    assert_eq!(alice.get(&path).expect(200)["status"], "cancelled");
    host.wait(100);
    assert_eq!(alice.get(&path).expect(200)["status"], "cancelled");
    assert_eq!(dispatches(&host), 1);
    // It can be started again.
    let again = alice.post(&format!("{path}/retry"), &json!({})).expect(202);
    assert_eq!((&again["status"], &again["attempt"]), (&json!("pending"), &json!(2)));
    assert_eq!(dispatches(&host), 2);
}

#[test]
fn a_source_that_is_deleted_before_the_limit_ends_is_reported() {
    let (host, alice, request) = platform();
    limit_dispatches(&host);
    let path = start(&alice, &request);
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 404, &json!({ "message": "Not Found" }));
    host.wait(61);
    let build = alice.get(&path).expect(200);
    let message = build["error_message"].as_str().unwrap_or_default();
    assert!(message.contains("acme/shop was deleted or made private"), "{build}");
    assert_eq!((&build["status"], dispatches(&host)), (&json!("failed"), 1));
}

#[test]
fn a_limit_is_not_reported_as_a_missing_permission() {
    let (host, alice, request) = platform();
    let abuse = json!({
        "message": "You have triggered an abuse detection mechanism. Please wait a few minutes.",
    });
    let stored = host.stored();
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 403, &abuse);
    let response = alice.post("/api/v1/builds", &request);
    let problem = response.expect(503);
    assert!(problem["detail"].as_str().unwrap().contains("GitHub limits"), "{problem}");
    assert_eq!(response.header("retry-after"), "60");

    // The same when the platform asks whether alice may read a private source.
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &json!({ "private": true }));
    host.respond("GET", &format!("{GITHUB}/acme/shop/collaborators/"), 403, &abuse);
    assert_eq!(alice.post("/api/v1/builds", &request).header("retry-after"), "60");
    assert_eq!(host.stored(), stored);
}
