//! Who may see and do what: the App, its installations' tokens, a personal token, nobody.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests

mod support;

use jiff::Timestamp;

use nokube_sim::RepositorySettings;
use reqwest::Method;
use serde_json::{Value, json};
use support::app::{app_jwt, app_world, jwt};
use support::{World, message, world};

async fn get(world: &World, path: &str, token: &str) -> reqwest::Response {
    world.request(Method::GET, path).bearer_auth(token).send().await.unwrap()
}

async fn token(world: &World, repository: &str, scope: Value) -> reqwest::Response {
    let app = app_jwt(-60, 500);
    let installation = get(world, &format!("/repos/{repository}/installation"), &app).await;
    let id = installation.json::<Value>().await.unwrap()["id"].clone();
    let path = format!("/app/installations/{id}/access_tokens");
    world.request(Method::POST, &path).bearer_auth(&app).json(&scope).send().await.unwrap()
}

#[tokio::test]
async fn without_valid_credentials_there_is_nothing() {
    let world = world().await;
    let none = world.request(Method::GET, "/repos/alice/shop").send().await.unwrap();
    assert_eq!(message(none).await, (401, "Requires authentication".into()));
    let unknown = get(&world, "/repos/alice/shop", "ghp_stranger").await;
    assert_eq!(message(unknown).await, (401, "Bad credentials".into()));
    assert_eq!(world.get("/repos/alice/shop").await.status(), 200);
}

#[tokio::test]
async fn the_apps_jwt_is_checked() {
    let world = app_world().await;
    assert_eq!(get(&world, "/app", &app_jwt(-60, 540)).await.status(), 200);
    let late = message(get(&world, "/app", &app_jwt(-60, 700)).await).await;
    assert!(late.1.contains("too far in the future"), "{late:?}");
    let early = message(get(&world, "/app", &app_jwt(30, 500)).await).await;
    assert!(early.1.contains("'iat'"), "{early:?}");
    assert_eq!(get(&world, "/app", &app_jwt(-700, -60)).await.status(), 401);
    let stranger =
        jwt(&json!({"iss": "someone", "iat": 1, "exp": Timestamp::now().as_second() + 9}));
    assert_eq!(get(&world, "/app", &stranger).await.status(), 401);
    let forged = format!("{}AA", app_jwt(-60, 500));
    assert_eq!(get(&world, "/app", &forged).await.status(), 401);
    assert_eq!(get(&world, "/app", "personal").await.status(), 401, "not for a personal token");
}

#[tokio::test]
async fn an_installation_token_opens_its_repositories_only() {
    let world = app_world().await;
    let scope = json!({"repositories": ["private-shop"], "permissions": {"contents": "read"}});
    let answer = token(&world, "alice/private-shop", scope).await;
    assert_eq!(answer.status(), 201);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["repository_selection"], "selected");
    let token = answer["token"].as_str().unwrap();

    let status = async |path: &str| get(&world, path, token).await.status().as_u16();
    assert_eq!(status("/repos/alice/private-shop").await, 200);
    assert_eq!(status("/repos/alice/private-other").await, 404);
    assert_eq!(status("/repos/bob/private-shop").await, 404);
    assert_eq!(status("/repos/bob/shop").await, 200, "it is public");
    assert_eq!(status("/repos/bob/shop/collaborators/bob/permission").await, 403);
    world.sim.set_clock_offset(3700);
    assert_eq!(status("/repos/alice/private-shop").await, 401, "it has ended");
}

#[tokio::test]
async fn a_token_has_the_permissions_that_were_asked_for() {
    let world = app_world().await;
    let answer = token(&world, "nokube/builder", json!({"permissions": {"actions": "read"}})).await;
    let answer: Value = answer.json().await.unwrap();
    let path = "/repos/nokube/builder/actions/workflows/build.yml/dispatches";
    let request = world.request(Method::POST, path).bearer_auth(answer["token"].as_str().unwrap());
    let refused = request.json(&json!({"ref": "main"})).send().await.unwrap();
    assert_eq!(message(refused).await, (403, "Resource not accessible by integration".into()));

    let more = token(&world, "nokube/builder", json!({"permissions": {"contents": "write"}})).await;
    assert_eq!(more.status(), 422);
    let elsewhere = token(&world, "nokube/builder", json!({"repositories": ["missing"]})).await;
    assert_eq!(elsewhere.status(), 422);
    let not_installed = get(&world, "/repos/noapp/x/installation", &app_jwt(-60, 500)).await;
    assert_eq!(not_installed.status(), 404);
}

#[tokio::test]
async fn rights_on_a_private_repository_are_its_owners_and_collaborators() {
    let world = world().await;
    let collaborators = Some([("bob".to_owned(), "maintain".to_owned())].into());
    let settings = RepositorySettings { collaborators, private: Some(true), ..Default::default() };
    world.sim.set_repository("alice/shop", settings);
    for (login, permission, role) in
        [("Alice", "admin", "admin"), ("bob", "write", "maintain"), ("mallory", "none", "none")]
    {
        let path = format!("/repos/alice/shop/collaborators/{login}/permission");
        let answer = world.json(&path).await;
        assert_eq!(
            (answer["permission"].as_str(), answer["role_name"].as_str()),
            (Some(permission), Some(role))
        );
    }
    assert_eq!(world.get("/repos/alice/shop/collaborators/missing/permission").await.status(), 404);
}

#[tokio::test]
async fn commits_stay_the_same_until_a_branch_moves() {
    let world = world().await;
    let path = "/repos/alice/shop/commits/feature/cart";
    let commit = world.json(path).await["sha"].as_str().unwrap().to_owned();
    let plain = world.request(Method::GET, path).bearer_auth("personal");
    let plain = plain.header("accept", "application/vnd.github.sha").send().await.unwrap();
    assert_eq!(plain.text().await.unwrap(), commit);
    assert_eq!(world.json(&format!("/repos/alice/shop/commits/{commit}")).await["sha"], commit);
    assert_eq!(world.json("/repos/alice/shop/commits/feature%2Fcart").await["sha"], commit);
    let unknown = message(world.get("/repos/alice/shop/commits/missing").await).await;
    assert_eq!(unknown, (422, "No commit found for SHA: missing".into()));

    let moved = "0123456789".repeat(4);
    let refs = Some([("feature/cart".to_owned(), moved.clone())].into());
    world.sim.set_repository("alice/shop", RepositorySettings { refs, ..Default::default() });
    assert_eq!(world.json(path).await["sha"], moved);
    assert_eq!(world.get("/repos/alice/shop/commits/main").await.status(), 422);
    assert_eq!(world.get("/repos/alice/missing-shop").await.status(), 404);
}
