//! Revisions that were interrupted: a run of `reconcile` continues them, and no other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod support;

use deploy::ROUTES;
use nokube_test_host::{Client, StoreFault, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;
use support::{CLUSTER, with_empty_cluster};

fn platform() -> (Rc<TestHost>, Client, Value) {
    let (host, alice, request) = with_empty_cluster();
    cluster_works(&host);
    (host, alice, request)
}

fn cluster_works(host: &TestHost) {
    host.respond("PATCH", CLUSTER, 200, &json!({}));
    host.respond(
        "POST",
        CLUSTER,
        201,
        &json!({ "status": { "userInfo": { "username": "nokube" } } }),
    );
}

/// What a run has done, and what it has left.
fn run(host: &Rc<TestHost>) -> (u64, u64) {
    let parts = host.anybody(ROUTES).post("/internal/reconcile", &json!(null)).expect(200);
    let part = &parts[0];
    assert_eq!((&part["name"], &part["ok"]), (&json!("deployments"), &json!(true)), "{part}");
    (part["done"].as_u64().unwrap(), part["remaining"].as_u64().unwrap())
}

fn items(host: &TestHost) -> usize {
    host.stored().keys().filter(|key| key.starts_with("work/deployments/")).count()
}

fn outcome(host: &TestHost) -> Option<String> {
    let stored = host.stored();
    stored.into_iter().find(|(key, _)| key.starts_with("o/")).map(|(_, outcome)| outcome)
}

fn applied(host: &TestHost) -> usize {
    host.sent("PATCH", CLUSTER).len()
}

#[test]
fn a_deployment_that_succeeds_leaves_no_item() {
    let (host, alice, request) = platform();
    let deployed = alice.post("/api/v1/deploy", &request).expect(202);
    assert_eq!(items(&host), 0);
    let id = deployed["deployment_id"].as_str().unwrap();
    alice.delete(&format!("/api/v1/deployments/{id}")).expect(204);
    assert_eq!((items(&host), run(&host)), (0, (0, 0)));
}

/// Whatever a request has written when it is cut off.
#[test]
fn a_revision_that_was_stored_is_applied_by_a_run() {
    let mut was_stored = false;
    for writes in 0.. {
        let (host, alice, request) = platform();
        host.store_fails(StoreFault::AfterWrites(writes));
        let response = alice.post("/api/v1/deploy", &request);
        host.store_works();
        let is_stored = host.stored().keys().any(|key| key.starts_with("v/"));
        if outcome(&host).is_some() {
            assert!(was_stored, "each deployment was interrupted before");
            return;
        }
        was_stored |= is_stored;
        assert!(response.status >= 400, "after {writes} writes: {}", response.text);
        host.wait(61);
        run(&host);
        assert_eq!(outcome(&host).is_some(), is_stored, "after {writes} writes");
        assert_eq!(applied(&host) > 0, is_stored, "after {writes} writes");
        host.wait(61);
        assert_eq!((run(&host).1, items(&host)), (0, 0), "after {writes} writes");
    }
}

#[test]
fn a_revision_that_is_young_is_left_to_its_own_request() {
    let (host, alice, request) = platform();
    let is_stored = |host: &TestHost| host.stored().keys().any(|key| key.starts_with("v/"));
    let mut writes = 0;
    while !is_stored(&host) {
        host.store_fails(StoreFault::AfterWrites(writes));
        alice.post("/api/v1/deploy", &request);
        host.store_works();
        writes += 1;
        if !is_stored(&host) {
            host.wait(61); // The reservation of the service ends.
        }
    }
    assert_eq!(run(&host).0, 0);
    assert_eq!(applied(&host), 0);
    host.wait(20);
    run(&host);
    assert!(outcome(&host).unwrap().contains("applied"), "{:?}", outcome(&host));
}

/// The cluster is asked again, but not in every run.
#[test]
fn while_the_cluster_is_away_the_item_stays() {
    let (host, alice, request) = with_empty_cluster();
    host.respond("PATCH", CLUSTER, 503, &json!({}));
    alice.post("/api/v1/deploy", &request);
    assert_eq!(items(&host), 1);
    let before = host.sent_urls().len();
    assert_eq!(run(&host), (0, 1));
    assert_eq!(host.sent_urls().len(), before, "its request has just tried");
    host.wait(20);
    assert_eq!(run(&host), (0, 1));
    assert!(host.sent_urls().len() > before);
    cluster_works(&host);
    host.wait(21);
    assert_eq!((run(&host), items(&host)), ((1, 0), 0));
}

#[test]
fn two_runs_at_once_apply_a_revision_once() {
    let (host, alice, request) = with_empty_cluster();
    host.respond("PATCH", CLUSTER, 503, &json!({}));
    alice.post("/api/v1/deploy", &request);
    cluster_works(&host);
    host.wait(30);
    let before = applied(&host);
    let anybody = host.anybody(ROUTES);
    let runs = (0..2).map(|_| anybody.start("POST", "/internal/reconcile", None));
    host.run(futures::future::join_all(runs.collect::<Vec<_>>()));
    let both = applied(&host) - before;
    let (other, alice, request) = platform();
    alice.post("/api/v1/deploy", &request).expect(202);
    assert_eq!(both, applied(&other), "as many objects as one deployment");
    assert_eq!(items(&host), 0);
}
