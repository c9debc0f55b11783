//! Many requests at once: limits hold exactly, and of many readers one asks GitHub.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use futures::future::join_all;
use nokube_test_host::{Client, StoreFault, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const GITHUB: &str = "https://api.github.com/repos";
const BUILDER: &str = "https://api.github.com/repos/platform/builder/actions";
const DISPATCHES: &str =
    "https://api.github.com/repos/platform/builder/actions/workflows/build.yml/dispatches";
const BUILDS: &str = "/api/v1/builds";

/// Alice has two projects. GitHub starts each build as run 30, which is in progress.
fn platform(max_running: &str) -> (Rc<TestHost>, Client, [Value; 2]) {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    host.set("max_running_builds_per_person", max_running);
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &json!({ "private": false }));
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &format!("{GITHUB}/acme/shop/commits/"), 200, &commit);
    host.respond(
        "GET",
        &format!("{BUILDER}/runs/30/"),
        200,
        &json!({ "total_count": 0, "jobs": [] }),
    );
    host.respond("POST", DISPATCHES, 200, &json!({ "workflow_run_id": 30 }));
    run_is(&host, "in_progress", None);
    let requests = ["myapp", "shop"].map(|name| {
        json!({
            "project_id": host.create_project("alice", name), "image_name": name,
            "repository_url": "https://github.com/acme/shop", "service_name": "frontend",
        })
    });
    let alice = host.user(ROUTES, "alice");
    (host, alice, requests)
}

fn run_is(host: &TestHost, status: &str, conclusion: Option<&str>) {
    let run = json!({ "id": 30, "run_attempt": 1, "status": status, "conclusion": conclusion });
    for path in ["runs/30", "runs/30/attempts/1"] {
        host.respond("GET", &format!("{BUILDER}/{path}"), 200, &run);
    }
    host.respond(
        "GET",
        &format!("{BUILDER}/runs/30/"),
        200,
        &json!({ "total_count": 0, "jobs": [] }),
    );
}

/// The statuses of `count` requests at once, in both projects.
fn post_at_once(host: &TestHost, alice: &Client, requests: &[Value], count: usize) -> Vec<u16> {
    let all = (0..count).map(|n| alice.start("POST", BUILDS, Some(&requests[n % requests.len()])));
    let all: Vec<_> = all.collect();
    host.run(async { join_all(all).await.iter().map(|response| response.status).collect() })
}

fn accepted(statuses: &[u16]) -> usize {
    assert!(statuses.iter().all(|status| matches!(status, 202 | 429)), "{statuses:?}");
    statuses.iter().filter(|status| **status == 202).count()
}

#[test]
fn of_forty_builds_at_once_a_limit_of_ten_admits_ten() {
    let (host, alice, requests) = platform("10");
    let statuses = post_at_once(&host, &alice, &requests, 40);
    assert_eq!((accepted(&statuses), host.sent("POST", DISPATCHES).len()), (10, 10));
    let refused = alice.post(BUILDS, &requests[0]);
    assert!(refused.expect(429)["detail"].as_str().unwrap().starts_with("10 builds"));
    assert_eq!(refused.header("retry-after"), "30");
}

#[test]
fn the_place_of_an_ended_build_is_free_even_if_nobody_has_read_it_to_its_end() {
    let (host, alice, requests) = platform("2");
    let first = alice.post(BUILDS, &requests[0]);
    first.expect(202);
    alice.post(BUILDS, &requests[1]).expect(202);
    alice.post(BUILDS, &requests[0]).expect(429);
    run_is(&host, "completed", Some("success"));
    host.wait(15);
    // Its digest is not known yet, so its final view is not stored.
    assert_eq!(alice.get(first.header("location")).expect(200)["status"], "success");
    assert_eq!(accepted(&post_at_once(&host, &alice, &requests, 5)), 1);
}

#[test]
fn retries_at_once_count_as_well() {
    let (host, alice, requests) = platform("3");
    let failed: Vec<_> =
        (0..3).map(|_| alice.post(BUILDS, &requests[0]).header("location").to_owned()).collect();
    run_is(&host, "completed", Some("failure"));
    host.wait(15);
    for path in &failed {
        assert_eq!(alice.get(path).expect(200)["status"], "failed");
    }
    run_is(&host, "in_progress", None);
    host.respond("POST", &format!("{BUILDER}/runs/30/rerun"), 201, &json!({}));
    alice.post(BUILDS, &requests[1]).expect(202);
    let retries =
        failed.iter().map(|path| alice.start("POST", &format!("{path}/retry"), Some(&json!({}))));
    let retries: Vec<_> = retries.collect();
    let statuses: Vec<_> =
        host.run(async { join_all(retries).await.iter().map(|r| r.status).collect() });
    assert_eq!(accepted(&statuses), 2, "{statuses:?}");
    alice.post(BUILDS, &requests[1]).expect(429);
}

#[test]
fn wherever_a_request_dies_its_place_is_not_lost() {
    for writes in 0.. {
        let (host, alice, requests) = platform("1");
        host.store_fails(StoreFault::AfterWrites(writes));
        let response = alice.post(BUILDS, &requests[0]);
        host.store_works();
        if response.status == 202 {
            assert!(writes > 7, "the place takes two, and its limit two when it is first used");
            alice.post(BUILDS, &requests[0]).expect(429);
            return;
        }
        response.expect(503);
        run_is(&host, "completed", Some("failure"));
        let list = format!("/api/v1/projects/{}/builds", requests[0]["project_id"]);
        let mut again = 0;
        for _ in 0..4 {
            host.wait(61);
            for build in alice.get(&list).expect(200)["builds"].as_array().unwrap() {
                alice.get(&format!("{BUILDS}/{}", build["build_id"].as_str().unwrap())).expect(200);
            }
            again = alice.post(BUILDS, &requests[1]).status;
            if again == 202 {
                break;
            }
        }
        // A build of which nobody knows whether GitHub has it counts until the time for it is over.
        let is_stored = host.stored().keys().any(|key| key.starts_with("b/"));
        assert!(again == 202 || is_stored, "after {writes} writes: {again}");
    }
}

#[test]
fn unfinished_builds_from_before_places_were_counted_count() {
    let (host, alice, requests) = platform("4");
    assert_eq!(accepted(&post_at_once(&host, &alice, &requests, 3)), 3);
    // As older releases did: no place names them.
    host.forget(&["place", "c/k/place", "k/place"]);
    assert_eq!(accepted(&post_at_once(&host, &alice, &requests, 10)), 1);
}

#[test]
fn of_a_hundred_readers_of_a_running_build_one_asks_github() {
    let (host, alice, requests) = platform("10");
    let path = alice.post(BUILDS, &requests[0]).header("location").to_owned();
    host.respond("GET", "https://api.github.com/repos/platform/builder", 200, &json!({ "id": 1 }));
    for _ in 0..3 {
        host.wait(15);
        let before = host.sent("GET", &format!("{BUILDER}/runs/30")).len();
        let readers: Vec<_> = (0..100).map(|_| alice.start("GET", &path, None)).collect();
        let statuses: Vec<_> =
            host.run(async { join_all(readers).await.iter().map(|r| r.status).collect() });
        assert_eq!(statuses, [200; 100]);
        let asked = host.sent("GET", &format!("{BUILDER}/runs/30")).len() - before;
        assert!((1..=2).contains(&asked), "the run, and its jobs: {asked}");
    }
}
