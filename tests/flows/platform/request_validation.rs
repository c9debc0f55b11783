//! Responses to invalid requests.

use nokube_tests::{Response, TestPlatform};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn all_invalid_fields_are_reported_at_once() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let invalid = json!({
        "project_id": project,
        "repository_url": "https://token@github.com/acme/shop",
        "branch": "a..b",
        "dockerfile_path": "../../etc/passwd",
        "context": "/",
        "image_name": "other",
        "image_tag": "build-mine",
        "service_name": "Not A Label",
        "build_args": { "A B": "x", "OK": "two\nlines", "N": 5 },
        "has_dockerfile": "yes",
        "project_name": "another",
        "colour": "red",
    });
    let (response, cost) = platform.measure(alice.post("/api/v1/builds", &invalid)).await;
    let errors = response.field_errors();
    for field in [
        "repository_url",
        "branch",
        "dockerfile_path",
        "context",
        "image_tag",
        "service_name",
        "build_args.A B",
        "build_args.OK",
        "build_args.N",
        "has_dockerfile",
        "project_name",
        "colour",
    ] {
        assert!(errors.contains_key(field), "{field} is not named in {errors:#?}");
    }
    assert!(errors["repository_url"].contains("credentials"));
    assert_eq!(
        (cost.writes + cost.increments, cost.outbound),
        (0, 0),
        "nothing was stored or sent"
    );
    // Also if the project is unknown.
    let errors = alice.post("/api/v1/builds", &json!({ "project_id": "1", "branch": ".." })).await;
    let errors = errors.field_errors();
    let fields: Vec<_> = errors.keys().collect();
    let required = ["branch", "image_name", "project_id", "repository_url", "service_name"];
    assert_eq!(fields, required);
    assert_eq!(errors["project_id"], "must be a whole number above 0");
    platform.finish().await;
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_gets_a_problem() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    for (content_type, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", "", 400),
        ("text/plain", "{}", 415),
        ("application/json; charset=utf-8", "{}", 422),
    ] {
        let request = alice.request(Method::POST, "/api/v1/builds");
        let response =
            Response::send(request.header("content-type", content_type).body(body)).await;
        response.expect_problem(status);
        assert!(!response.headers["x-request-id"].is_empty());
    }
    platform.finish().await;
}

#[tokio::test]
async fn unknown_paths_return_404_and_unknown_methods_405() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    alice.get("/api/v1/builds/x/y/z").await.expect_problem(404);
    alice.get("/api/v1/builds/..%2f..%2fprojects").await.expect_problem(404);
    alice.get("/api/v1/builds/nonsense").await.expect_problem(404);
    alice.get("/api/v1/projects/0x1").await.expect_problem(404);
    let response = Response::send(alice.request(Method::PUT, "/api/v1/builds")).await;
    assert!(response.expect_problem(405).contains("POST, GET"));
    platform.finish().await;
}

#[tokio::test]
async fn project_names_are_validated_and_unique_for_each_owner() {
    let platform = TestPlatform::start().await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let created =
        alice.post("/api/v1/projects", &json!({ "name": "myapp", "framework": "axum" })).await;
    let created = created.expect(201);
    assert_eq!((&created["owner"], &created["framework"]), (&json!("alice"), &json!("axum")));
    let duplicate = alice.post("/api/v1/projects", &json!({ "name": "myapp" })).await;
    assert!(duplicate.expect_problem_with_reason(409, "project_exists").contains("already"));
    bob.post("/api/v1/projects", &json!({ "name": "myapp" })).await.expect(201);
    for name in ["", "My App", "-x", "x-", "a--b", "a/b", "é"] {
        let errors = alice.post("/api/v1/projects", &json!({ "name": name })).await.field_errors();
        assert!(errors.contains_key("name"), "{name}");
    }
    platform.finish().await;
}
