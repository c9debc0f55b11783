//! What a dispatch answers, on github.com and on Enterprise Server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests

mod support;

use nokube_sim::{Options, RepositorySettings, WorkflowState};
use reqwest::Method;
use serde_json::{Value, json};
use support::{BUILDER, World, inputs, message, world, world_with};

async fn dispatch_as(
    world: &World,
    prefix: &str,
    version: &str,
    body: &Value,
) -> reqwest::Response {
    let path = format!("{prefix}{BUILDER}/actions/workflows/build.yml/dispatches");
    let request = world.request(Method::POST, &path).bearer_auth("personal");
    request.header("x-github-api-version", version).json(body).send().await.unwrap()
}

#[tokio::test]
async fn the_answer_depends_on_the_version() {
    let world = world().await;
    let mut body = json!({"ref": "main", "inputs": inputs("b1", "ghcr.io/n/a")});
    assert_eq!(dispatch_as(&world, "", "2022-11-28", &body).await.status(), 204);
    let details = dispatch_as(&world, "", "2026-03-10", &body).await;
    assert_eq!(details.status(), 200);
    let details: Value = details.json().await.unwrap();
    let id = details["workflow_run_id"].as_u64().unwrap();
    assert!(
        details["run_url"].as_str().unwrap().ends_with(&format!("{BUILDER}/actions/runs/{id}"))
    );
    assert_eq!(dispatch_as(&world, "", "1999-01-01", &body).await.status(), 400);
    world.sim.set_dispatch_204(true);
    assert_eq!(dispatch_as(&world, "", "2026-03-10", &body).await.status(), 204);
    world.sim.set_dispatch_204(false);
    body["return_run_details"] = json!(true);
    assert_eq!(dispatch_as(&world, "", "2022-11-28", &body).await.status(), 200);
    assert_eq!(world.sim.runs().len(), 4);
}

#[tokio::test]
async fn enterprise_server_is_stricter() {
    let world = world_with(Options { ghes: true, ..Options::default() }).await;
    let mut body = json!({"ref": "main", "inputs": inputs("b1", "ghcr.io/n/a")});
    assert_eq!(dispatch_as(&world, "/api/v3", "2022-11-28", &body).await.status(), 204);
    assert_eq!(dispatch_as(&world, "/api/v3", "2026-03-10", &body).await.status(), 400);
    body["return_run_details"] = json!(true);
    let refused = message(dispatch_as(&world, "/api/v3", "2022-11-28", &body).await).await;
    assert_eq!(refused.0, 400);
    let id = world.sim.runs()[0].id;
    let run = world.json(&format!("/api/v3{BUILDER}/actions/runs/{id}")).await;
    assert!(run["url"].as_str().unwrap().starts_with(&world.sim.api_url()));
}

#[tokio::test]
async fn refusals_are_in_githubs_words() {
    let world = world().await;
    let changed = |name: &str, value: Value| {
        let mut inputs = inputs("b1", "ghcr.io/n/a");
        inputs[name] = value;
        inputs
    };
    for (inputs, words) in [
        (changed("colour", json!("red")), r#"Unexpected inputs provided: ["colour"]"#),
        (changed("image", json!("")), "Required input 'image' not provided"),
        (changed("dockerfile_content", json!("x".repeat(65_536))), "inputs are too large."),
    ] {
        assert_eq!(message(world.dispatch_with(inputs).await).await, (422, words.to_owned()));
    }
    let body = json!({"ref": "missing", "inputs": inputs("b1", "ghcr.io/n/a")});
    let no_ref = message(dispatch_as(&world, "", "2026-03-10", &body).await).await;
    assert_eq!(no_ref, (422, "No ref found for: missing".into()));
    for (workflow, status) in [(WorkflowState::NoDispatch, 422), (WorkflowState::Missing, 404)] {
        let settings = RepositorySettings { workflow: Some(workflow), ..Default::default() };
        world.sim.set_repository("nokube/builder", settings);
        let response = world.dispatch_with(inputs("b1", "ghcr.io/n/a")).await;
        assert_eq!(response.status(), status);
    }
    assert!(world.sim.runs().is_empty());
}

#[tokio::test]
async fn the_workflow_is_found_by_its_file_and_its_number() {
    let world = world().await;
    let workflow = world.json(&format!("{BUILDER}/actions/workflows/build.yml")).await;
    assert_eq!(workflow["name"], "NoKube build");
    let again = world.json(&format!("{BUILDER}/actions/workflows/{}", workflow["id"])).await;
    assert_eq!(again, workflow);
    assert_eq!(world.get(&format!("{BUILDER}/actions/workflows/other.yml")).await.status(), 404);
    assert_eq!(world.get("/repos/alice/shop/actions/workflows/build.yml").await.status(), 404);
}
