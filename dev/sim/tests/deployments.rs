//! GitHub's deployments, their statuses and GitHub's rules for them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{AppVersion, Commit};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use support::app::{request_token, start_with_app};
use support::{TestGitHub, message, start};

const SHOP: &str = "alice/shop";
const DEPLOYMENTS: &str = "/repos/alice/shop/deployments";

/// A request for a deployment that GitHub changes nothing for.
fn request(reference: &str, environment: &str) -> Value {
    json!({"ref": reference, "environment": environment, "auto_merge": false, "required_contexts": []})
}

async fn create(github: &TestGitHub, body: Value) -> Value {
    let response = github.post(DEPLOYMENTS, body).await;
    assert_eq!(response.status(), 201);
    response.json().await.unwrap()
}

async fn set_state(github: &TestGitHub, deployment: &Value, body: Value) -> Response {
    github.post(&format!("{DEPLOYMENTS}/{}/statuses", deployment["id"]), body).await
}

/// The states of each deployment, oldest first.
fn states(github: &TestGitHub) -> Vec<Vec<String>> {
    github.sim.deployments(SHOP).into_iter().map(|deployment| deployment.states).collect()
}

#[tokio::test]
async fn a_deployment_has_states_and_an_address() {
    let github = start().await;
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let mut body = request(&sha, "myapp/web/pr-7");
    body["transient_environment"] = json!(true);
    body["description"] = json!("Preview of pull request 7");
    let created = create(&github, body).await;
    assert_eq!((&created["sha"], &created["ref"]), (&json!(sha), &json!(sha)));
    assert_eq!(
        (&created["transient_environment"], &created["production_environment"]),
        (&json!(true), &json!(false))
    );
    let url = "https://web-myapp---pr7-alice.apps.example.org";
    for state in ["in_progress", "success"] {
        let body = json!({"state": state, "environment_url": url, "log_url": "https://nokube.example/d/1",
            "auto_inactive": false});
        let response = set_state(&github, &created, body).await;
        assert_eq!(response.status(), 201);
        assert!(response.headers().contains_key("location"));
        let status = response.json::<Value>().await.unwrap();
        assert_eq!(
            (&status["state"], &status["environment"]),
            (&json!(state), &created["environment"])
        );
    }
    let listed = github.json(&format!("{DEPLOYMENTS}?environment=myapp%2Fweb%2Fpr-7")).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(github.json(&format!("{DEPLOYMENTS}?environment=production")).await, json!([]));
    let path = format!("{DEPLOYMENTS}/{}", created["id"]);
    assert_eq!(github.json(&path).await["id"], created["id"]);
    let statuses = github.json(&format!("{path}/statuses?per_page=1")).await;
    assert_eq!(statuses[0]["state"], "success", "the newest first");
    let kept = github.sim.deployments(SHOP).remove(0);
    assert_eq!(
        (kept.states, kept.environment_url),
        (vec!["in_progress".to_owned(), "success".into()], Some(url.to_owned()))
    );
    assert!(kept.transient && !kept.production);
}

#[tokio::test]
async fn a_success_retires_only_what_is_neither_transient_nor_production() {
    let github = start().await;
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    for (fields, auto_inactive, is_retired) in [
        (json!({}), None, true),
        (json!({}), Some(false), false),
        (json!({"transient_environment": true}), None, false),
        (json!({"production_environment": true}), None, false),
    ] {
        let before = github.sim.deployments(SHOP).len();
        let mut body = request("main", &format!("test-{before}"));
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let (first, second) = (create(&github, body.clone()).await, create(&github, body).await);
        set_state(&github, &first, json!({"state": "success"})).await;
        let mut success = json!({"state": "success"});
        if let Some(auto_inactive) = auto_inactive {
            success["auto_inactive"] = json!(auto_inactive);
        }
        set_state(&github, &second, success).await;
        let states = states(&github).split_off(before);
        let expected = if is_retired { vec!["success", "inactive"] } else { vec!["success"] };
        assert_eq!(states, [expected, vec!["success"]], "{fields}");
    }
    // `production` is the default, and is one of production.
    let created = create(&github, json!({"ref": "main"})).await;
    assert_eq!(
        (&created["environment"], &created["production_environment"]),
        (&json!("production"), &json!(true))
    );
}

#[tokio::test]
async fn github_checks_the_contexts_and_merges_unless_it_is_told_not_to() {
    let github = start().await;
    let first = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let status = |state: &str| json!({"state": state, "context": "ci"});
    let statuses = format!("/repos/{SHOP}/statuses/{first}");
    github.post(&statuses, status("pending")).await;
    let conflict = (409, format!("Conflict: Commit status checks failed for {first}."));
    let by_default = json!({"ref": first});
    assert_eq!(message(github.post(DEPLOYMENTS, by_default.clone()).await).await, conflict);
    let required = json!({"ref": first, "required_contexts": ["ci"]});
    assert_eq!(message(github.post(DEPLOYMENTS, required.clone()).await).await, conflict);
    create(&github, request(&first, "test")).await;
    github.post(&statuses, status("success")).await;
    create(&github, by_default).await;
    create(&github, required).await;

    github.sim.create_branch(SHOP, "feature", "main");
    github.sim.push(SHOP, "main", Commit::new("2", &[]));
    let merged = github.post(DEPLOYMENTS, json!({"ref": "feature"})).await;
    assert_eq!(merged.status(), 202);
    let merged = merged.json::<Value>().await.unwrap();
    assert_eq!(merged["message"], "Auto-merged main into feature on deployment.");
    let behind = github.post(DEPLOYMENTS, json!({"ref": first, "required_contexts": []})).await;
    assert_eq!(behind.status(), 409);
    create(&github, request("feature", "test")).await;
    assert_eq!(github.sim.deployments(SHOP).len(), 4);
}

#[tokio::test]
async fn a_deployment_must_be_valid() {
    let github = start().await;
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    for body in [
        json!({"environment": "test"}),
        request("missing", "test"),
        json!({"ref": "main", "description": "x".repeat(141)}),
    ] {
        assert_eq!(github.post(DEPLOYMENTS, body.clone()).await.status(), 422, "{body}");
    }
    let created = create(&github, request("main", "test")).await;
    for body in [
        json!({}),
        json!({"state": "done"}),
        json!({"state": "success", "description": "x".repeat(141)}),
        json!({"state": "success", "environment_url": "web.example.org"}),
    ] {
        assert_eq!(set_state(&github, &created, body.clone()).await.status(), 422, "{body}");
    }
    let missing = json!({"id": 1});
    assert_eq!(set_state(&github, &missing, json!({"state": "success"})).await.status(), 404);
    assert_eq!(states(&github), [[""; 0]]);
}

#[tokio::test]
async fn an_active_deployment_is_deleted_only_if_it_is_the_only_one() {
    let github = start().await;
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let first = create(&github, request("main", "test")).await;
    let second = create(&github, request("main", "test")).await;
    let delete = async |deployment: &Value| {
        let path = format!("{DEPLOYMENTS}/{}", deployment["id"]);
        let request = github.request(Method::DELETE, &path).bearer_auth("personal");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(delete(&first).await, 422);
    set_state(&github, &first, json!({"state": "inactive"})).await;
    assert_eq!((delete(&first).await, delete(&first).await), (204, 404));
    assert_eq!(delete(&second).await, 204);
    assert!(github.sim.deployments(SHOP).is_empty());
}

#[tokio::test]
async fn an_installation_needs_the_permission_and_keeps_to_the_limits() {
    let github = start_with_app().await;
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let token = async |scope: Value| {
        let token = request_token(&github, SHOP, scope).await.json::<Value>().await.unwrap();
        token["token"].as_str().unwrap().to_owned()
    };
    let post = async |token: &str| {
        let request = github.request(Method::POST, DEPLOYMENTS).bearer_auth(token);
        request.json(&request_body(&sha)).send().await.unwrap()
    };
    github.sim.set_installation("alice", AppVersion::before_previews());
    let wanted = json!({"permissions": {"deployments": "write"}});
    assert_eq!(request_token(&github, SHOP, wanted.clone()).await.status(), 422);
    let response = post(&token(json!({})).await).await;
    assert_eq!(message(response).await, (403, "Resource not accessible by integration".into()));
    github.sim.accept_permissions("alice");
    let token = token(wanted).await;
    let created = post(&token).await.json::<Value>().await.unwrap();
    assert_eq!(created["creator"]["login"], "nokube[bot]");
    github.sim.limit_statuses(true);
    let mut made = 0;
    while post(&token).await.status() == 201 {
        made += 1;
    }
    assert_eq!(made, 79, "80 requests a minute, with the first one");
}

fn request_body(sha: &str) -> Value {
    request(sha, "test")
}
