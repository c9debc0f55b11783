//! Deploying: nothing is sent to the cluster that is not stored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod support;

use deploy::ROUTES;
use nokube_domain::{
    BuildId, ProjectId,
    deployments::{DesiredState, Revision},
};
use nokube_edge::store::{Store, keys};
use nokube_test_host::{Client, StoreFault, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;
use support::{CLUSTER, with_empty_cluster};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn changes(host: &TestHost) -> usize {
    METHODS[1..].iter().map(|method| host.sent(method, CLUSTER).len()).sum()
}

#[test]
fn while_the_store_is_away_nothing_is_sent_to_the_cluster() {
    let (host, alice, request) = with_empty_cluster();
    host.store_fails(StoreFault::Away);
    alice.post("/api/v1/deploy", &request).expect(503);
    for method in METHODS {
        assert!(host.sent(method, CLUSTER).is_empty(), "{method}");
    }
}

#[test]
fn until_the_revision_is_stored_the_cluster_is_only_read() {
    let (host, alice, request) = with_empty_cluster();
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
    let (host, _, request) = with_empty_cluster();
    host.user(ROUTES, "bob").post("/api/v1/deploy", &request).expect(404);
    assert!(host.sent("GET", CLUSTER).is_empty());
}

#[test]
fn somebody_who_has_read_too_much_may_deploy_again_when_they_may_read_again() {
    let (host, alice, mut request) = with_empty_cluster();
    let project = request["project_id"].as_u64().unwrap();
    let build = BuildId::new(ProjectId(u32::try_from(project).unwrap()), 1, 7);
    request["image_name"] = json!(null);
    request["build_id"] = json!(build);
    let builds = format!("http://builds.spin.internal/api/v1/builds/{build}");
    host.respond_with("GET", &builds, 429, &[("retry-after", "42")], &json!({}));
    let response = alice.post("/api/v1/deploy", &request);
    assert_eq!(response.expect(429)["type"], "/problems/too-many");
    assert_eq!(response.header("retry-after"), "42");
}

/// What is wrong with the image, or nothing.
fn image_error(alice: &Client, request: &Value, image: &str) -> Option<String> {
    let mut request = request.clone();
    request["image_name"] = json!(image);
    let response = alice.post("/api/v1/deploy?dry_run=true", &request);
    if response.status == 200 {
        return None;
    }
    let problem = response.expect(422);
    assert_eq!(problem["errors"][0]["field"], "image_name", "{problem}");
    Some(problem["errors"][0]["detail"].as_str().unwrap().to_owned())
}

const PUBLIC: &str = "registry.example.org/team/app:1";
const INSIDE: [&str; 4] =
    ["registry:5000/app", "kubernetes.default:443/app", "0x7f000001:80/app", "x.intranet/app"];

#[test]
fn a_new_installation_runs_images_of_well_known_registries() {
    let (host, alice, request) = with_empty_cluster();
    assert_eq!(image_error(&alice, &request, "ghcr.io/acme/shop:1"), None);
    let before = changes(&host);
    for image in INSIDE.into_iter().chain([PUBLIC, "169.254.169.254.nip.io/app"]) {
        let detail = image_error(&alice, &request, image).expect(image);
        assert!(detail.contains("docker.io, ghcr.io"), "which ones: {detail}");
        assert!(detail.contains("administrator to allow others (foreign_images)"), "{detail}");
    }
    assert_eq!(changes(&host), before, "nothing of these images reached the cluster");
}

#[test]
fn an_installation_of_an_earlier_release_goes_on_with_every_public_registry() {
    let (host, alice, request) = with_empty_cluster();
    host.forget(&["installation"]);
    assert_eq!(image_error(&alice, &request, PUBLIC), None);
    for image in INSIDE {
        let detail = image_error(&alice, &request, image).expect(image);
        assert!(detail.contains("name in public DNS"), "{detail}");
    }
}

#[test]
fn a_rollback_is_to_an_image_that_is_still_allowed() {
    for (is_old, status) in [(true, 202), (false, 422)] {
        let (host, alice, mut request) = with_empty_cluster();
        host.respond("PATCH", CLUSTER, 200, &json!({}));
        let new = host.stored()["installation"].clone();
        host.forget(&["installation"]);
        request["image_name"] = json!(PUBLIC);
        let created = alice.post("/api/v1/deploy", &request).expect(202);
        request["image_name"] = json!("nginx");
        alice.post("/api/v1/deploy", &request).expect(202);
        if !is_old {
            // As if the operator had set the list since.
            host.run(async move {
                let installation = serde_json::from_str(&new).unwrap();
                let store = Store::open().await.unwrap();
                store.set(keys::installation(), &installation).await.unwrap();
            });
        }
        let id = created["deployment_id"].as_str().unwrap();
        alice.post(&format!("/api/v1/deployments/{id}/rollback"), &json!({})).expect(status);
    }
}

#[test]
fn the_operator_names_the_registries_in_old_and_new_installations() {
    for is_old in [false, true] {
        let (host, alice, request) = with_empty_cluster();
        host.set("foreign_images", "registry.example.org/team, registry:5000");
        if is_old {
            host.forget(&["installation"]);
        }
        assert_eq!(image_error(&alice, &request, PUBLIC), None);
        assert_eq!(image_error(&alice, &request, "registry:5000/app"), None);
        let detail = image_error(&alice, &request, "nginx").unwrap();
        assert!(detail.contains("one of registry.example.org/team, registry:5000"), "{detail}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let (host, alice, mut request) = with_empty_cluster();
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
    let (_, alice, mut request) = with_empty_cluster();
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
    let (host, alice, request) = with_empty_cluster();
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
    let (host, alice, request) = with_empty_cluster();
    host.respond("GET", CLUSTER, 503, &json!({}));
    alice.post("/api/v1/deploy", &request).expect(503);
    assert!(!host.stored().keys().any(|key| key.starts_with("v/")), "no revision");
}
