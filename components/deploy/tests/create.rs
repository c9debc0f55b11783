//! Deploying: nothing is sent to the cluster that is not stored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use deploy::ROUTES;
use nokube_test_host::{Client, StoreFault, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const CLUSTER: &str = "https://cluster.example.org";
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// A platform with Alice's project `myapp`, and a cluster that is empty.
fn platform() -> (Rc<TestHost>, Client, Value) {
    let host = TestHost::install();
    host.set("kubernetes_api_url", CLUSTER);
    host.set("apps_domain", "apps.example.org");
    host.set("apps_entrance_namespace", "ingress");
    let project = host.create_project("alice", "myapp");
    let not_found = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": "not found",
    });
    host.respond("GET", CLUSTER, 404, &not_found);
    let request = json!({
        "project_id": project,
        "project_name": "myapp",
        "username": "alice",
        "service_name": "frontend",
        "image_name": "docker.io/library/nginx:1.29",
    });
    let alice = host.user(ROUTES, "alice");
    (host, alice, request)
}

fn changes(host: &TestHost) -> usize {
    METHODS[1..].iter().map(|method| host.sent(method, CLUSTER).len()).sum()
}

#[test]
fn while_the_store_is_away_nothing_is_sent_to_the_cluster() {
    let (host, alice, request) = platform();
    host.store_fails(StoreFault::Away);
    alice.post("/api/v1/deploy", &request).expect(500);
    for method in METHODS {
        assert!(host.sent(method, CLUSTER).is_empty(), "{method}");
    }
}

#[test]
fn until_the_revision_is_stored_the_cluster_is_only_read() {
    let (host, alice, request) = platform();
    for writes in 0.. {
        host.store_fails(StoreFault::AfterWrites(writes));
        let response = alice.post("/api/v1/deploy", &request);
        let is_stored = host.stored().keys().any(|key| key.starts_with("v/"));
        if is_stored {
            return;
        }
        assert!(response.status >= 400, "{}", response.text);
        assert_eq!(changes(&host), 0, "after {writes} writes");
        host.store_works();
        host.wait(61);
    }
}

#[test]
fn a_caller_without_a_role_learns_nothing() {
    let (host, _, request) = platform();
    host.user(ROUTES, "bob").post("/api/v1/deploy", &request).expect(404);
    assert!(host.sent("GET", CLUSTER).is_empty());
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let (host, alice, mut request) = platform();
    request["image_name"] = json!("not an image");
    request["replicas"] = json!(-1);
    request["colour"] = json!("red");
    let errors = alice.post("/api/v1/deploy", &request).expect(422)["errors"].clone();
    let mut fields: Vec<_> =
        errors.as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["colour", "image_name", "replicas"]);
    assert!(host.sent("GET", CLUSTER).is_empty());
}

#[test]
fn an_unreachable_cluster_is_the_platforms_problem() {
    let (host, alice, request) = platform();
    host.respond("GET", CLUSTER, 503, &json!({}));
    alice.post("/api/v1/deploy", &request).expect(503);
    assert!(!host.stored().keys().any(|key| key.starts_with("v/")), "no revision");
}
