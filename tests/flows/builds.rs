//! A build from the click to the image.

use nokube_tests::World;
use serde_json::json;

#[tokio::test]
async fn a_build_goes_from_the_click_to_the_image() {
    let mut world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let asked = alice.post("/api/v1/builds", &alice.wanted(project, "frontend").await).await;
    let asked = asked.expect(202);
    assert_eq!(asked["status"], "pending");
    assert_eq!(asked["image_full_name"], "ghcr.io/platform/alice-myapp-frontend:latest");
    assert_eq!(asked["estimated_duration"], 180);

    let path = format!("/api/v1/builds/{}", asked["build_id"].as_str().unwrap());
    let build = alice.until_ended(&path).await;
    assert_eq!(build["status"], "success");
    let id = asked["build_id"].as_str().unwrap();
    let pushed = world.sim.digest("platform/alice-myapp-frontend", &format!("build-{id}"));
    assert_eq!(build["image_digest"].as_str(), pushed.as_deref(), "the registry's own digest");
    assert_eq!(build["attempt"], 1);
    assert_eq!(build["commit_sha"].as_str().unwrap().len(), 40);
    assert!(build["duration"].as_i64().is_some());
    let steps = build["steps"].as_array().unwrap();
    assert!(
        steps.iter().all(|step| ["success", "skipped"].contains(&step["status"].as_str().unwrap()))
    );
    assert!(steps.iter().any(|step| step["name"] == "Push the image"));
    assert_eq!(world.sim.dispatches(), 1);

    // The platform is stopped and started again: everything is still there.
    world.restart().await;
    let alice = world.user("alice");
    assert_eq!(alice.get(&path).await.expect(200), build);
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["projects"][0]["name"], "myapp");
    world.end().await;
}

#[tokio::test]
async fn a_failing_build_names_the_step() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let path = alice.build_of(project, "will-fail").await;
    let build = alice.until_ended(&path).await;
    assert_eq!(build["status"], "failed");
    assert_eq!(build["error_code"], "step_failed");
    let message = build["error_message"].as_str().unwrap();
    assert!(message.contains("at the step \"Build the image from source\""), "{message}");
    assert_eq!(build["image_digest"], json!(null));
    assert!(build["completed_at"].is_string());
    world.end().await;
}

#[tokio::test]
async fn the_workflow_gets_exactly_what_was_asked_for() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("my-app").await;
    let mut wanted = alice.wanted(project, "api").await;
    for (field, value) in [
        ("branch", json!("feature/x")),
        ("has_dockerfile", json!(true)),
        ("dockerfile_path", json!("./docker/Dockerfile")),
        ("context", json!("services/api/")),
        ("build_args", json!({ "A": "$(id) \"quoted\" `x`" })),
        ("image_tag", json!("v1")),
        ("project_name", json!("my-app")),
    ] {
        wanted[field] = value;
    }
    let asked = alice.post("/api/v1/builds", &wanted).await.expect(202);
    assert_eq!(asked["image_full_name"], "ghcr.io/platform/alice-my--app-api:v1");
    let seen = world.sim.requests();
    let dispatch = seen.iter().find(|seen| seen.path.ends_with("/dispatches")).unwrap();
    let inputs = &dispatch.body["inputs"];
    assert_eq!(inputs["build_id"], asked["build_id"]);
    assert_eq!(inputs["dockerfile_path"], "docker/Dockerfile");
    assert_eq!(inputs["context"], "services/api");
    assert_eq!(inputs["build_args"], r#"{"A":"$(id) \"quoted\" `x`"}"#);
    assert_eq!(inputs["image"], "ghcr.io/platform/alice-my--app-api");
    assert_eq!(inputs["ref"].as_str().unwrap().len(), 40, "the commit, not the branch");
    assert_eq!(inputs["private"], "false");
    world.end().await;
}

#[tokio::test]
async fn the_next_build_is_told_what_the_last_one_took() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let first = alice.build(project).await;
    let took = alice.until_ended(&first).await["duration"].as_u64().unwrap().max(1);
    let wanted = alice.wanted(project, "frontend").await;
    let second = alice.post("/api/v1/builds", &wanted).await.expect(202);
    assert_eq!(second["estimated_duration"], took);
    // Of another service nothing is known yet.
    let other = alice.post("/api/v1/builds", &alice.wanted(project, "api").await).await.expect(202);
    assert_eq!(other["estimated_duration"], 180);
    world.end().await;
}
