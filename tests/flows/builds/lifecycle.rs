//! Builds from the request to the image.

use nokube_tests::TestPlatform;
use serde_json::json;

#[tokio::test]
async fn a_build_runs_from_the_request_to_the_image() {
    let mut platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let created = alice.post("/api/v1/builds", &body).await.expect(202);
    assert_eq!(created["status"], "pending");
    assert_eq!(created["image_full_name"], "ghcr.io/platform/alice-myapp-frontend:latest");
    assert_eq!(created["estimated_duration"], 180);

    let path = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
    let build = alice.wait_for_end(&path).await;
    assert_eq!(build["status"], "success");
    let id = created["build_id"].as_str().unwrap();
    let pushed = platform.github.digest("platform/alice-myapp-frontend", &format!("build-{id}"));
    assert_eq!(build["image_digest"].as_str(), pushed.as_deref(), "the digest in the registry");
    assert_eq!(build["attempt"], 1);
    assert_eq!(build["commit_sha"].as_str().unwrap().len(), 40);
    assert!(build["duration"].as_i64().is_some());
    let steps = build["steps"].as_array().unwrap();
    assert!(
        steps.iter().all(|step| ["success", "skipped"].contains(&step["status"].as_str().unwrap()))
    );
    assert!(steps.iter().any(|step| step["name"] == "Push the image"));
    assert_eq!(platform.github.dispatch_count(), 1);

    // Everything is still there after a restart of the platform.
    platform.restart().await;
    let alice = platform.user("alice");
    assert_eq!(alice.get(&path).await.expect(200), build);
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["projects"][0]["name"], "myapp");
    platform.finish().await;
}

#[tokio::test]
async fn a_failed_build_names_the_failed_step() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = alice.start_build_of(project, "will-fail").await;
    let build = alice.wait_for_end(&path).await;
    assert_eq!(build["status"], "failed");
    assert_eq!(build["error_code"], "step_failed");
    let message = build["error_message"].as_str().unwrap();
    assert!(message.contains("at the step \"Build the image from source\""), "{message}");
    assert_eq!(build["image_digest"], json!(null));
    assert!(build["completed_at"].is_string());
    platform.finish().await;
}

#[tokio::test]
async fn the_workflow_receives_the_inputs_of_the_request() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("my-app").await;
    let mut request_body = alice.build_request(project, "api").await;
    for (field, value) in [
        ("branch", json!("feature/x")),
        ("has_dockerfile", json!(true)),
        ("dockerfile_path", json!("./docker/Dockerfile")),
        ("context", json!("services/api/")),
        ("build_args", json!({ "A": "$(id) \"quoted\" `x`" })),
        ("image_tag", json!("v1")),
        ("project_name", json!("my-app")),
    ] {
        request_body[field] = value;
    }
    let created = alice.post("/api/v1/builds", &request_body).await.expect(202);
    assert_eq!(created["image_full_name"], "ghcr.io/platform/alice-my--app-api:v1");
    let requests = platform.github.requests();
    let dispatch = requests.iter().find(|r| r.path.ends_with("/dispatches")).unwrap();
    let inputs = &dispatch.body["inputs"];
    assert_eq!(inputs["build_id"], created["build_id"]);
    assert_eq!(inputs["dockerfile_path"], "docker/Dockerfile");
    assert_eq!(inputs["context"], "services/api");
    assert_eq!(inputs["build_args"], r#"{"A":"$(id) \"quoted\" `x`"}"#);
    assert_eq!(inputs["image"], "ghcr.io/platform/alice-my--app-api");
    assert_eq!(inputs["ref"].as_str().unwrap().len(), 40, "the commit, not the branch");
    assert_eq!(inputs["private"], "false");
    platform.finish().await;
}

#[tokio::test]
async fn the_estimated_duration_is_that_of_the_services_last_build() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let first = alice.start_build(project).await;
    let duration = alice.wait_for_end(&first).await["duration"].as_u64().unwrap().max(1);
    let body = alice.build_request(project, "frontend").await;
    let second = alice.post("/api/v1/builds", &body).await.expect(202);
    assert_eq!(second["estimated_duration"], duration);
    // Another service has no last build, so it gets the default.
    let other =
        alice.post("/api/v1/builds", &alice.build_request(project, "api").await).await.expect(202);
    assert_eq!(other["estimated_duration"], 180);
    platform.finish().await;
}
