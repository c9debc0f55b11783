//! Deploying: nothing is sent to the cluster that is not stored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use deploy::ROUTES;
use nokube_domain::deployments::{DesiredState, Revision};
use nokube_edge::store::{Store, keys};
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
    alice.post("/api/v1/deploy", &request).expect(503);
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
fn the_error_for_a_wrong_unit_suggests_the_right_one() {
    let (_, alice, mut request) = platform();
    request["cpu_limit"] = json!("500");
    request["memory_limit"] = json!("512");
    request["image_name"] = json!("ghcr.io/Acme/Shop:1");
    let response = alice.post("/api/v1/deploy", &request).expect(422);
    let detail = |field: &str| {
        let errors = response["errors"].as_array().unwrap();
        let error = errors.iter().find(|error| error["field"] == field);
        error.unwrap_or_else(|| panic!("{errors:?}"))["detail"].as_str().unwrap().to_owned()
    };
    // The most of a pod is the quota of the project, 16 cores.
    let cpu = detail("cpu_limit");
    assert!(cpu.starts_with("must be at most 16 ") && cpu.ends_with("did you mean 500m?"), "{cpu}");
    assert!(detail("memory_limit").ends_with("did you mean 512Mi?"));
    assert!(detail("image_name").ends_with("did you mean ghcr.io/acme/shop:1?"));
}

/// The service of [`platform`], which was deployed with less CPU and memory than the minimum of today.
fn platform_with_small_service() -> (Rc<TestHost>, Client, Value) {
    let (host, alice, request) = platform();
    host.respond("PATCH", CLUSTER, 200, &json!({}));
    alice.post("/api/v1/deploy", &request).expect(202);
    let stored = host.stored();
    let (_, revision) = stored.iter().find(|(key, _)| key.starts_with("v/")).unwrap();
    let mut revision: Revision = serde_json::from_str(revision).unwrap();
    let DesiredState::Deployed(state) = &mut revision.desired else { panic!("{revision:?}") };
    let spec = &mut state.release.spec;
    (spec.cpu.request, spec.cpu.limit) = ("2m".parse().unwrap(), "5m".parse().unwrap());
    (spec.memory.request, spec.memory.limit) = ("1Mi".parse().unwrap(), "8Mi".parse().unwrap());
    host.run(async move {
        let key = keys::revision(revision.deployment_id, revision.number);
        Store::open().await.unwrap().set(key, &revision).await.unwrap();
    });
    let mut request = request;
    for (field, value) in [
        ("cpu_request", "2m"),
        ("cpu_limit", "5m"),
        ("memory_request", "1Mi"),
        ("memory_limit", "8Mi"),
        ("image_name", "docker.io/library/nginx:1.30"),
    ] {
        request[field] = json!(value);
    }
    (host, alice, request)
}

const DEPLOY_AND_DRY_RUN: [(&str, u16); 2] =
    [("/api/v1/deploy?dry_run=true", 200), ("/api/v1/deploy", 202)];

#[test]
fn a_release_with_values_below_todays_minimum_can_be_deployed_again_with_another_image() {
    let (host, alice, request) = platform_with_small_service();
    for (path, status) in DEPLOY_AND_DRY_RUN {
        alice.post(path, &request).expect(status);
    }
    let stored = host.stored();
    let is_revised = stored.iter().any(|(key, revision)| {
        key.starts_with("v/") && revision.contains("nginx:1.30") && revision.contains("\"5m\"")
    });
    assert!(is_revised, "{stored:?}");
}

#[test]
fn a_changed_value_below_the_minimum_is_still_refused() {
    let (_, alice, mut request) = platform_with_small_service();
    let mut new_service = request.clone();
    request["cpu_limit"] = json!("6m");
    request["replicas"] = json!(-1);
    new_service["service_name"] = json!("backend");
    for (path, _) in DEPLOY_AND_DRY_RUN {
        for (request, expected) in
            [(&request, ["replicas", "cpu_limit"]), (&new_service, ["cpu_limit", "memory_limit"])]
        {
            let response = alice.post(path, request).expect(422);
            let errors = response["errors"].as_array().unwrap();
            let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
            assert_eq!(fields, expected, "{path}");
        }
    }
}

#[test]
fn an_unreachable_cluster_is_the_platforms_problem() {
    let (host, alice, request) = platform();
    host.respond("GET", CLUSTER, 503, &json!({}));
    alice.post("/api/v1/deploy", &request).expect(503);
    assert!(!host.stored().keys().any(|key| key.starts_with("v/")), "no revision");
}
