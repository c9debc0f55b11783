//! Commit statuses, the App's permissions and its installations.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{AppVersion, Commit};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use support::app::{app_jwt, request_token, start_with_app};
use support::{TestGitHub, message, start};

const SHOP: &str = "alice/shop";

/// An installation token with the permission to write statuses.
async fn token(github: &TestGitHub) -> String {
    let scope = json!({"repositories": ["shop"], "permissions": {"statuses": "write"}});
    let response = request_token(github, SHOP, scope).await;
    assert_eq!(response.status(), 201);
    response.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
}

async fn post_status(github: &TestGitHub, token: &str, sha: &str, body: Value) -> Response {
    let request = github.request(Method::POST, &format!("/repos/{SHOP}/statuses/{sha}"));
    request.bearer_auth(token).json(&body).send().await.unwrap()
}

async fn get_with(github: &TestGitHub, path: &str, token: &str) -> Response {
    github.request(Method::GET, path).bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn statuses_are_created_and_listed() {
    let github = start_with_app().await;
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let token = token(&github).await;
    for state in ["pending", "success"] {
        let body = json!({"state": state, "context": "nokube/p/shop", "description": "It is built.",
            "target_url": "https://nokube.example/b/1"});
        let response = post_status(&github, &token, &sha, body).await;
        assert_eq!(response.status(), 201);
        let status = response.json::<Value>().await.unwrap();
        assert_eq!(status["creator"]["login"], "nokube[bot]");
    }
    let states: Vec<_> = github.sim.statuses(SHOP).into_iter().map(|status| status.state).collect();
    assert_eq!(states, ["pending", "success"]);
    let path = format!("/repos/{SHOP}/commits/heads%2Fmain/statuses?per_page=1");
    let listed = get_with(&github, &path, &token).await.json::<Value>().await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(
        (&listed[0]["state"], &listed[0]["context"]),
        (&json!("success"), &json!("nokube/p/shop"))
    );
}

#[tokio::test]
async fn a_status_must_be_valid_and_the_repository_writable() {
    let github = start_with_app().await;
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let token = token(&github).await;
    let cases = [
        (sha.as_str(), json!({"state": "done"})),
        (&sha, json!({"state": "success", "description": "x".repeat(141)})),
        (&sha, json!({})),
        ("main", json!({"state": "success"})),
        (&"ab".repeat(20), json!({"state": "success"})),
    ];
    for (sha, body) in cases {
        assert_eq!(post_status(&github, &token, sha, body.clone()).await.status(), 422, "{body}");
    }
    github.sim.archive_repository(SHOP, true);
    let response = post_status(&github, &token, &sha, json!({"state": "success"})).await;
    assert_eq!(message(response).await, (403, "Repository was archived so is read-only.".into()));
    assert_eq!(github.sim.statuses(SHOP), []);
}

#[tokio::test]
async fn a_commit_has_at_most_1000_statuses_of_a_context() {
    let github = start().await;
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let post = async |context: &str| {
        let body = json!({"state": "pending", "context": context});
        post_status(&github, "personal", &sha, body).await
    };
    for _ in 0..1_000 {
        assert_eq!(post("one").await.status(), 201);
    }
    let (status, text) = message(post("one").await).await;
    assert!(status == 422 && text.contains("maximum number of statuses"), "{status} {text}");
    assert_eq!(post("two").await.status(), 201);
}

#[tokio::test]
async fn only_80_statuses_a_minute_and_500_an_hour_are_allowed() {
    let github = start_with_app().await;
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let token = token(&github).await;
    github.sim.limit_statuses(true);
    let mut created = 0;
    for minute in 0..8 {
        github.sim.set_clock_offset(61 * minute);
        for number in 0..81 {
            let body = json!({"state": "pending", "context": format!("{minute}/{number}")});
            let response = post_status(&github, &token, &sha, body).await;
            match response.status().as_u16() {
                201 => created += 1,
                status => {
                    assert_eq!(
                        (status, &response.headers()["retry-after"]),
                        (403, &"60".parse().unwrap())
                    );
                    break;
                }
            }
        }
        assert!(created <= 80 * (minute + 1));
    }
    assert_eq!(created, 500);
}

#[tokio::test]
async fn an_installation_that_has_not_accepted_the_permission_writes_no_statuses() {
    let github = start_with_app().await;
    github.sim.set_installation("alice", AppVersion::before_statuses());
    let wanted = json!({"permissions": {"statuses": "write"}});
    let response = request_token(&github, SHOP, wanted.clone()).await;
    let refused = "The permissions requested are not granted to this installation.";
    assert_eq!(message(response).await, (422, refused.to_owned()));
    let without = request_token(&github, SHOP, json!({})).await.json::<Value>().await.unwrap();
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let token = without["token"].as_str().unwrap();
    let response = post_status(&github, token, &sha, json!({"state": "success"})).await;
    assert_eq!(message(response).await.0, 403);

    let app = get_with(&github, "/app", &app_jwt(-60, 500)).await.json::<Value>().await.unwrap();
    assert_eq!(app["permissions"]["statuses"], "write");
    let installations = get_with(&github, "/app/installations", &app_jwt(-60, 500)).await;
    let installations = installations.json::<Value>().await.unwrap();
    let of_alice =
        installations.as_array().unwrap().iter().find(|found| found["account"]["login"] == "alice");
    assert_eq!(of_alice.unwrap()["permissions"]["statuses"], Value::Null);

    github.sim.accept_permissions("alice");
    assert_eq!(request_token(&github, SHOP, wanted).await.status(), 201);
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.receiver.names(), ["installation.new_permissions_accepted"]);
}

#[tokio::test]
async fn installations_and_their_repositories_are_listed_in_pages() {
    let github = start_with_app().await;
    for number in 0..35 {
        github.sim.repository_id(&format!("alice/r{number:02}")).unwrap();
    }
    github.sim.repository_id("bob/other").unwrap();
    github.sim.repository_id("noapp/other").unwrap();
    let app = app_jwt(-60, 500);
    let list = get_with(&github, "/app/installations?per_page=2", &app).await;
    assert!(list.headers()["link"].to_str().unwrap().contains("per_page=2&page=2"));
    let logins = list.json::<Value>().await.unwrap();
    assert_eq!(
        (&logins[0]["account"]["login"], &logins[1]["account"]["login"]),
        (&json!("alice"), &json!("bob"))
    );
    let rest = get_with(&github, "/app/installations?per_page=2&page=2", &app).await;
    let rest = rest.json::<Value>().await.unwrap();
    assert_eq!(rest.as_array().unwrap().len(), 1, "the builder's, and none of noapp: {rest}");

    let token = request_token(&github, "alice/r00", json!({})).await.json::<Value>().await.unwrap();
    let token = token["token"].as_str().unwrap();
    let first = get_with(&github, "/installation/repositories", token).await;
    assert!(first.headers().contains_key("link"));
    let first = first.json::<Value>().await.unwrap();
    assert_eq!(first["total_count"], 35);
    assert_eq!(first["repositories"].as_array().unwrap().len(), 30);
    let second = get_with(&github, "/installation/repositories?page=2", token).await;
    assert!(!second.headers().contains_key("link"));
    let second = second.json::<Value>().await.unwrap();
    assert_eq!(second["repositories"][4]["full_name"], "alice/r34");
    assert_eq!(get_with(&github, "/installation/repositories", "personal").await.status(), 403);
}

#[tokio::test]
async fn a_suspended_or_removed_installation_has_no_access() {
    let github = start_with_app().await;
    let token = token(&github).await;
    github.sim.suspend_installation("alice", true);
    let response = get_with(&github, &format!("/repos/{SHOP}"), &token).await;
    assert_eq!(message(response).await, (403, "This installation has been suspended".into()));
    assert_eq!(request_token(&github, SHOP, json!({})).await.status(), 403);
    github.sim.suspend_installation("alice", false);
    github.sim.uninstall_app("alice");
    let app = app_jwt(-60, 500);
    let path = format!("/repos/{SHOP}/installation");
    assert_eq!(get_with(&github, &path, &app).await.status(), 404);
    github.sim.install_app("alice");
    assert_eq!(get_with(&github, &path, &app).await.status(), 200);
    github.sim.wait_until_idle().await.unwrap();
    let actions = ["suspend", "unsuspend", "deleted", "created"];
    assert_eq!(github.receiver.names(), actions.map(|action| format!("installation.{action}")));
}
