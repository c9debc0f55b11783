//! Access checks by kind of credentials: the App's JWT, installation tokens, a personal token, none.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use jiff::Timestamp;

use nokube_sim::RepositorySettings;
use reqwest::Method;
use serde_json::{Value, json};
use support::app::{app_jwt, jwt, request_token, start_with_app};
use support::{TestGitHub, message, start};

async fn get(github: &TestGitHub, path: &str, token: &str) -> reqwest::Response {
    github.request(Method::GET, path).bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn requests_without_valid_credentials_are_rejected() {
    let github = start().await;
    let none = github.request(Method::GET, "/repos/alice/shop").send().await.unwrap();
    assert_eq!(message(none).await, (401, "Requires authentication".into()));
    let unknown = get(&github, "/repos/alice/shop", "ghp_stranger").await;
    assert_eq!(message(unknown).await, (401, "Bad credentials".into()));
    assert_eq!(github.get("/repos/alice/shop").await.status(), 200);
}

#[tokio::test]
async fn the_apps_jwt_is_verified() {
    let github = start_with_app().await;
    assert_eq!(get(&github, "/app", &app_jwt(-60, 540)).await.status(), 200);
    let late = message(get(&github, "/app", &app_jwt(-60, 700)).await).await;
    assert!(late.1.contains("too far in the future"), "{late:?}");
    let early = message(get(&github, "/app", &app_jwt(30, 500)).await).await;
    assert!(early.1.contains("'iat'"), "{early:?}");
    assert_eq!(get(&github, "/app", &app_jwt(-700, -60)).await.status(), 401);
    let other_issuer =
        jwt(&json!({"iss": "someone", "iat": 1, "exp": Timestamp::now().as_second() + 9}));
    assert_eq!(get(&github, "/app", &other_issuer).await.status(), 401);
    let forged = format!("{}AA", app_jwt(-60, 500));
    assert_eq!(get(&github, "/app", &forged).await.status(), 401);
    assert_eq!(
        get(&github, "/app", "personal").await.status(),
        401,
        "a personal token is not enough"
    );
}

#[tokio::test]
async fn an_installation_token_gives_access_to_its_repositories_only() {
    let github = start_with_app().await;
    let scope = json!({"repositories": ["private-shop"], "permissions": {"contents": "read"}});
    let response = request_token(&github, "alice/private-shop", scope).await;
    assert_eq!(response.status(), 201);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["repository_selection"], "selected");
    let token = body["token"].as_str().unwrap();

    let status = async |path: &str| get(&github, path, token).await.status().as_u16();
    assert_eq!(status("/repos/alice/private-shop").await, 200);
    assert_eq!(status("/repos/alice/private-other").await, 404);
    assert_eq!(status("/repos/bob/private-shop").await, 404);
    assert_eq!(status("/repos/bob/shop").await, 200, "it is public");
    assert_eq!(status("/repos/bob/shop/collaborators/bob/permission").await, 403);
    github.sim.set_clock_offset(3700);
    assert_eq!(status("/repos/alice/private-shop").await, 401, "it has expired");
}

#[tokio::test]
async fn a_token_has_the_requested_permissions_only() {
    let github = start_with_app().await;
    let response =
        request_token(&github, "nokube/builder", json!({"permissions": {"actions": "read"}})).await;
    let body: Value = response.json().await.unwrap();
    let path = "/repos/nokube/builder/actions/workflows/build.yml/dispatches";
    let request = github.request(Method::POST, path).bearer_auth(body["token"].as_str().unwrap());
    let response = request.json(&json!({"ref": "main"})).send().await.unwrap();
    assert_eq!(message(response).await, (403, "Resource not accessible by integration".into()));

    let more =
        request_token(&github, "nokube/builder", json!({"permissions": {"contents": "write"}}))
            .await;
    assert_eq!(more.status(), 422);
    let elsewhere =
        request_token(&github, "nokube/builder", json!({"repositories": ["missing"]})).await;
    assert_eq!(elsewhere.status(), 422);
    let not_installed = get(&github, "/repos/noapp/x/installation", &app_jwt(-60, 500)).await;
    assert_eq!(not_installed.status(), 404);
}

#[tokio::test]
async fn a_private_repository_has_roles_for_its_owner_and_collaborators_only() {
    let github = start().await;
    let collaborators = Some([("bob".to_owned(), "maintain".to_owned())].into());
    let settings = RepositorySettings { collaborators, private: Some(true), ..Default::default() };
    github.sim.set_repository("alice/shop", settings);
    for (login, permission, role) in
        [("Alice", "admin", "admin"), ("bob", "write", "maintain"), ("mallory", "none", "none")]
    {
        let path = format!("/repos/alice/shop/collaborators/{login}/permission");
        let body = github.json(&path).await;
        assert_eq!(
            (body["permission"].as_str(), body["role_name"].as_str()),
            (Some(permission), Some(role))
        );
    }
    assert_eq!(
        github.get("/repos/alice/shop/collaborators/missing/permission").await.status(),
        404
    );
}

#[tokio::test]
async fn a_branch_has_the_same_commit_by_name_and_by_sha() {
    let github = start().await;
    let path = "/repos/alice/shop/commits/feature/cart";
    let commit = github.json(path).await["sha"].as_str().unwrap().to_owned();
    assert_eq!(github.json(&format!("/repos/alice/shop/commits/{commit}")).await["sha"], commit);
    assert_eq!(github.json("/repos/alice/shop/commits/feature%2Fcart").await["sha"], commit);
    let unknown = message(github.get("/repos/alice/shop/commits/missing").await).await;
    assert_eq!(unknown, (422, "No commit found for SHA: missing".into()));

    assert_eq!(github.get("/repos/alice/missing-shop").await.status(), 404);
}
