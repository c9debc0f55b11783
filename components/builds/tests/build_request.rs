//! What a build request becomes: the inputs of the workflow, the stored request, the errors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const GITHUB: &str = "https://api.github.com/repos";
const WORKFLOW: &str = "https://api.github.com/repos/platform/builder/actions";

/// A platform with Alice's project, the public repository `acme/shop`, and a builder that starts run 30.
fn platform() -> (Rc<TestHost>, Client) {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    host.create_project("alice", "myapp");
    let repository =
        json!({ "private": false, "default_branch": "main", "full_name": "acme/shop", "id": 7 });
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &repository);
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &format!("{GITHUB}/acme/shop/commits/"), 200, &commit);
    let started = json!({ "workflow_run_id": 30 });
    host.respond("POST", &format!("{WORKFLOW}/workflows/build.yml/dispatches"), 200, &started);
    let alice = host.user(ROUTES, "alice");
    (host, alice)
}

/// A request with the required fields and `more`.
fn request(more: &Value) -> Value {
    let mut body = json!({
        "project_id": 1,
        "repository_url": "https://github.com/acme/shop.git",
        "image_name": "myapp",
        "service_name": "frontend",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Starts a build. Returns its URL and the inputs that GitHub got.
fn build(host: &TestHost, alice: &Client, more: &Value) -> (String, Value) {
    let response = alice.post("/api/v1/builds", &request(more));
    response.expect(202);
    let sent = host.sent("POST", &format!("{WORKFLOW}/workflows/build.yml/dispatches"));
    let dispatch: Value = serde_json::from_str(sent.last().unwrap()).unwrap();
    (response.header("location").to_owned(), dispatch["inputs"].clone())
}

#[test]
fn the_path_of_a_dockerfile_alone_builds_with_it() {
    let (host, alice) = platform();
    let (path, inputs) = build(&host, &alice, &json!({ "dockerfile_path": "./docker/Dockerfile" }));
    assert_eq!(inputs["dockerfile_path"], "docker/Dockerfile");
    let again = alice.get(&format!("{path}/request")).expect(200);
    assert_eq!(
        (&again["has_dockerfile"], &again["dockerfile_path"]),
        (&json!(true), &json!("docker/Dockerfile"))
    );
    let (_, inputs) = build(&host, &alice, &json!({ "has_dockerfile": true, "context": "web/" }));
    assert_eq!(inputs["dockerfile_path"], "web/Dockerfile");
}

#[test]
fn submodules_and_lfs_reach_the_workflow_and_the_stored_request() {
    let (host, alice) = platform();
    let (path, inputs) = build(&host, &alice, &json!({ "submodules": true, "lfs": true }));
    assert_eq!(inputs["private"], "false,submodules,lfs");
    assert_eq!(inputs.as_object().unwrap().len(), 10, "GitHub Enterprise Server takes ten inputs");
    let again = alice.get(&format!("{path}/request")).expect(200);
    assert_eq!((&again["submodules"], &again["lfs"]), (&json!(true), &json!(true)));
    let (path, inputs) = build(&host, &alice, &json!({}));
    assert_eq!(inputs["private"], "false", "as older workflows expect it");
    assert_eq!(alice.get(&format!("{path}/request")).expect(200)["submodules"], false);
}

#[test]
fn a_build_reports_submodules_that_were_not_fetched_or_cannot_be_read() {
    let shown = |more: &Value, step: &str, conclusion: &str| {
        let (host, alice) = platform();
        let (path, inputs) = build(&host, &alice, more);
        let title = format!("NoKube build {}", inputs["build_id"].as_str().unwrap());
        let run = json!({
            "id": 30, "run_attempt": 1, "display_title": title, "status": "completed", "conclusion": conclusion,
            "path": ".github/workflows/build.yml",
        });
        host.respond("GET", &format!("{WORKFLOW}/runs/30"), 200, &run);
        let job = json!({
            "id": 1, "run_id": 30, "run_attempt": 1, "name": "build", "status": "completed", "conclusion": conclusion,
            "steps": [{ "name": step, "number": 1, "status": "completed", "conclusion": conclusion }],
        });
        let jobs = json!({ "total_count": 1, "jobs": [job] });
        host.respond("GET", &format!("{WORKFLOW}/runs/30/attempts/1/jobs"), 200, &jobs);
        host.wait(60);
        alice.get(&path).expect(200)
    };
    let build = shown(&json!({}), "Warn about submodules", "success");
    assert_eq!(build["warnings"][0]["code"], "submodules_not_fetched", "{build}");
    assert!(
        build["warnings"][0]["message"].as_str().unwrap().contains("build again with submodules")
    );
    let build = shown(&json!({ "submodules": true }), "Fetch submodules and LFS files", "failure");
    assert_eq!(
        (&build["status"], &build["error_code"]),
        (&json!("failed"), &json!("source_incomplete"))
    );
    assert!(build["error_message"].as_str().unwrap().contains("no other private repository"));
    assert!(build.get("warnings").is_none());
    let build = shown(&json!({ "lfs": true }), "Check the request", "failure");
    assert_eq!(build["error_code"], "builder_outdated");
}

#[test]
fn a_response_lists_fifty_errors_of_a_large_request() {
    let (host, alice) = platform();
    let unknown: serde_json::Map<_, _> =
        (0..15_000).map(|number| (format!("f{number}"), json!(1))).collect();
    let response = alice.post("/api/v1/builds", &request(&Value::Object(unknown)));
    let problem = response.expect(422);
    assert_eq!(problem["errors"].as_array().unwrap().len(), 50);
    assert_eq!(problem["more_errors"], 14_950);
    assert!(response.text.len() < 5_000, "{} bytes", response.text.len());
    let query: Vec<_> = (0..60).map(|number| format!("p{number}{}=1", "x".repeat(200))).collect();
    let response = alice.get(&format!("/api/v1/builds?{}", query.join("&")));
    assert_eq!(response.expect(422)["more_errors"], 10);
    assert!(response.text.len() < 10_000, "{} bytes", response.text.len());
    assert!(host.sent("POST", GITHUB).is_empty());
}
