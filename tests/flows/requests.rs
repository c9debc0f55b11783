//! What a wrong request is told.

use nokube_tests::{Answer, World};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn every_faulty_field_is_named_in_one_answer() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wrong = json!({
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
    let (answer, cost) = world.cost(alice.post("/api/v1/builds", &wrong)).await;
    let faults = answer.faults();
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
        assert!(faults.contains_key(field), "{field} is not named in {faults:#?}");
    }
    assert!(faults["repository_url"].contains("credentials"));
    assert_eq!((cost.writes + cost.increments, cost.outbound), (0, 0), "nothing is half done");
    // Even when it is not known which project it is about.
    let faults = alice.post("/api/v1/builds", &json!({ "project_id": "1", "branch": "" })).await;
    let faults = faults.faults();
    let named: Vec<_> = faults.keys().collect();
    let required = ["branch", "image_name", "project_id", "repository_url", "service_name"];
    assert_eq!(named, required);
    assert_eq!(faults["project_id"], "must be a whole number above 0");
    world.end().await;
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_in_words() {
    let world = World::new().await;
    let alice = world.user("alice");
    for (kind, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", "", 400),
        ("text/plain", "{}", 415),
        ("application/json; charset=utf-8", "{}", 422),
    ] {
        let request = alice.request(Method::POST, "/api/v1/builds");
        let answer = Answer::of(request.header("content-type", kind).body(body)).await;
        answer.problem(status);
        assert!(!answer.headers["x-request-id"].is_empty());
    }
    world.end().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let world = World::new().await;
    let alice = world.user("alice");
    alice.get("/api/v1/builds/x/y/z").await.problem(404);
    alice.get("/api/v1/builds/..%2f..%2fprojects").await.problem(404);
    alice.get("/api/v1/builds/nonsense").await.problem(404);
    alice.get("/api/v1/projects/0x1").await.problem(404);
    let answer = Answer::of(alice.request(Method::PUT, "/api/v1/builds")).await;
    assert!(answer.problem(405).contains("POST, GET"));
    world.end().await;
}

#[tokio::test]
async fn projects_are_checked_unique_and_their_owners() {
    let world = World::new().await;
    let (alice, bob) = (world.user("alice"), world.user("bob"));
    let made =
        alice.post("/api/v1/projects", &json!({ "name": "myapp", "framework": "axum" })).await;
    let made = made.expect(201);
    assert_eq!((&made["owner"], &made["framework"]), (&json!("alice"), &json!("axum")));
    let again = alice.post("/api/v1/projects", &json!({ "name": "myapp" })).await;
    assert!(again.refused(409, "ProjectExists").contains("already"));
    bob.post("/api/v1/projects", &json!({ "name": "myapp" })).await.expect(201);
    for name in ["", "My App", "-x", "x-", "a--b", "a/b", "é"] {
        let faults = alice.post("/api/v1/projects", &json!({ "name": name })).await.faults();
        assert!(faults.contains_key("name"), "{name}");
    }
    world.end().await;
}
