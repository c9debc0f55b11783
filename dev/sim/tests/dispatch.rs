//! Responses to workflow dispatches, on github.com and on Enterprise Server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{GitHubOptions, RepositorySettings, WorkflowState};
use reqwest::Method;
use serde_json::{Value, json};
use support::{BUILDER, TestGitHub, inputs, message, start, start_with};

async fn dispatch_as(
    github: &TestGitHub,
    prefix: &str,
    version: &str,
    body: &Value,
) -> reqwest::Response {
    let path = format!("{prefix}{BUILDER}/actions/workflows/build.yml/dispatches");
    let request = github.request(Method::POST, &path).bearer_auth("personal");
    request.header("x-github-api-version", version).json(body).send().await.unwrap()
}

#[tokio::test]
async fn the_response_depends_on_the_api_version() {
    let github = start().await;
    let body = json!({"ref": "main", "inputs": inputs("b1", "ghcr.io/n/a")});
    assert_eq!(dispatch_as(&github, "", "2022-11-28", &body).await.status(), 204);
    let details = dispatch_as(&github, "", "2026-03-10", &body).await;
    assert_eq!(details.status(), 200);
    let details: Value = details.json().await.unwrap();
    let id = details["workflow_run_id"].as_u64().unwrap();
    assert!(
        details["run_url"].as_str().unwrap().ends_with(&format!("{BUILDER}/actions/runs/{id}"))
    );
    assert_eq!(dispatch_as(&github, "", "1999-01-01", &body).await.status(), 400);
    assert_eq!(github.sim.runs().len(), 2);
}

#[tokio::test]
async fn the_runs_id_can_be_left_out_for_every_version() {
    let github = start_with(GitHubOptions { dispatch_204: true, ..GitHubOptions::default() }).await;
    let body = json!({"ref": "main", "inputs": inputs("b1", "ghcr.io/n/a")});
    assert_eq!(dispatch_as(&github, "", "2026-03-10", &body).await.status(), 204);
}

#[tokio::test]
async fn enterprise_server_rejects_newer_versions() {
    let github = start_with(GitHubOptions { ghes: true, ..GitHubOptions::default() }).await;
    let body = json!({"ref": "main", "inputs": inputs("b1", "ghcr.io/n/a")});
    assert_eq!(dispatch_as(&github, "/api/v3", "2022-11-28", &body).await.status(), 204);
    assert_eq!(dispatch_as(&github, "/api/v3", "2026-03-10", &body).await.status(), 400);
    let id = github.sim.runs()[0].id;
    let run = github.json(&format!("/api/v3{BUILDER}/actions/runs/{id}")).await;
    assert!(run["url"].as_str().unwrap().starts_with(&format!("{}/api/v3", github.sim.url())));
}

#[tokio::test]
async fn rejected_dispatches_have_githubs_messages() {
    let github = start().await;
    let inputs_with = |name: &str, value: Value| {
        let mut inputs = inputs("b1", "ghcr.io/n/a");
        inputs[name] = value;
        inputs
    };
    for (inputs, expected) in [
        (inputs_with("colour", json!("red")), r#"Unexpected inputs provided: ["colour"]"#),
        (inputs_with("image", json!("")), "Required input 'image' not provided"),
        (inputs_with("dockerfile_content", json!("x".repeat(65_536))), "inputs are too large."),
    ] {
        assert_eq!(message(github.dispatch_with(inputs).await).await, (422, expected.to_owned()));
    }
    let body = json!({"ref": "missing", "inputs": inputs("b1", "ghcr.io/n/a")});
    let no_ref = message(dispatch_as(&github, "", "2026-03-10", &body).await).await;
    assert_eq!(no_ref, (422, "No ref found for: missing".into()));
    for (workflow, status) in [(WorkflowState::NoDispatch, 422), (WorkflowState::Missing, 404)] {
        let settings = RepositorySettings { workflow: Some(workflow), ..Default::default() };
        github.sim.set_repository("nokube/builder", settings);
        let response = github.dispatch_with(inputs("b1", "ghcr.io/n/a")).await;
        assert_eq!(response.status(), status);
    }
    assert!(github.sim.runs().is_empty());
}

#[tokio::test]
async fn the_workflow_is_found_by_its_file_name_and_its_id() {
    let github = start().await;
    let workflow = github.json(&format!("{BUILDER}/actions/workflows/build.yml")).await;
    assert_eq!(workflow["name"], "NoKube build");
    let again = github.json(&format!("{BUILDER}/actions/workflows/{}", workflow["id"])).await;
    assert_eq!(again, workflow);
    assert_eq!(github.get(&format!("{BUILDER}/actions/workflows/other.yml")).await.status(), 404);
    assert_eq!(github.get("/repos/alice/shop/actions/workflows/build.yml").await.status(), 404);
}
