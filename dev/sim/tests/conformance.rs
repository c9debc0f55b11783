//! Checks that all routes of the simulated GitHub conform to GitHub's OpenAPI description, with successful
//! responses and with errors. The other tests check the responses that they get as well.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{GitHubOptions, HoldPoint};
use reqwest::Method;
use serde_json::{Value, json};
use support::app::{app_jwt, start_with_app};
use support::{BUILDER, TestGitHub, check_conformance, inputs, start, start_with};

/// The status and the body of a response. [`check_conformance`] checks its form.
async fn send(github: &TestGitHub, method: Method, path: &str, token: &str) -> (u16, Value) {
    let request =
        github.request(method, path).bearer_auth(token).header("accept", "application/json");
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

/// Requests each path and checks the status.
async fn check_statuses(github: &TestGitHub, token: &str, table: &[(&str, u16)]) {
    for (path, status) in table {
        assert_eq!(send(github, Method::GET, path, token).await.0, *status, "{path}");
    }
}

#[tokio::test]
async fn repositories_and_users_conform() {
    let github = start().await;
    let table = [
        ("/repos/alice/shop", 200),
        ("/repos/alice/missing", 404),
        ("/repos/alice/shop/commits/main", 200),
        ("/repos/alice/shop/commits/feature/x", 200),
        ("/repos/alice/shop/commits/missing", 422),
        ("/repos/alice/shop/collaborators/alice/permission", 200),
        ("/app", 401),
        ("/user", 403),
    ];
    check_statuses(&github, "personal", &table).await;
    check_statuses(&github, "nobody", &[("/repos/alice/shop", 401)]).await;
    assert_eq!(check_conformance(&github.sim).len(), 8);
}

#[tokio::test]
async fn runs_and_webhooks_conform() {
    let github = start().await;
    github.sim.ping();
    github.sim.hold_runs(HoldPoint::InProgress);
    let run = github.build("b1", "ghcr.io/n/a").await;
    github.sim.wait_until_idle().await.unwrap();
    let actions_path = |rest: &str| format!("{BUILDER}/actions/{rest}");
    let job = github.job(run).await["id"].clone();
    let log = actions_path(&format!("jobs/{job}/logs"));
    let read_all = async |log_status: u16| {
        let reads = [
            (actions_path("workflows/build.yml"), 200),
            (actions_path("workflows/other.yml"), 404),
            (actions_path("workflows/build.yml/runs?per_page=1"), 200),
            (actions_path(&format!("runs/{run}")), 200),
            (actions_path("runs/1"), 404),
            (actions_path(&format!("runs/{run}/attempts/1/jobs")), 200),
            (log.clone(), log_status),
        ];
        for (path, status) in reads {
            assert_eq!(send(&github, Method::GET, &path, "personal").await.0, status, "{path}");
        }
    };
    read_all(404).await;
    let change_run = async |action: &str, status: u16| {
        let path = actions_path(&format!("runs/{run}/{action}"));
        assert_eq!(send(&github, Method::POST, &path, "personal").await.0, status, "{action}");
        github.sim.wait_until_idle().await.unwrap();
    };
    change_run("rerun", 403).await;
    change_run("cancel", 202).await;
    change_run("force-cancel", 409).await;
    github.sim.hold_runs(None);
    change_run("rerun", 201).await;
    let job = github.job(run).await["id"].clone();
    let log = github.get(&actions_path(&format!("jobs/{job}/logs"))).await;
    let location = log.headers()["location"].to_str().unwrap().replace(&github.sim.url(), "");
    assert_eq!(github.request(Method::GET, &location).send().await.unwrap().status(), 200);
    assert_eq!(github.request(Method::GET, "/_logs/none").send().await.unwrap().status(), 403);
    read_all(302).await;

    assert_eq!(github.dispatch_with(inputs("b2", "ghcr.io/n/will-fail")).await.status(), 200);
    assert_eq!(github.dispatch_with(json!({ "x": 1 })).await.status(), 422);
    github.sim.wait_until_idle().await.unwrap();
    let checked = check_conformance(&github.sim);
    for webhook in [
        "ping",
        "package-published",
        "workflow-run-requested",
        "workflow-run-in-progress",
        "workflow-run-completed",
        "workflow-job-queued",
        "workflow-job-in-progress",
        "workflow-job-completed",
    ] {
        assert!(checked.contains(&format!("webhook {webhook}")), "{webhook} in {checked:#?}");
    }
    assert_eq!(checked.len(), 24, "{checked:#?}");
}

#[tokio::test]
async fn the_app_its_tokens_and_its_webhook_conform() {
    let github = start_with_app().await;
    let app = app_jwt(-60, 500);
    github.sim.ping();
    github.sim.wait_until_idle().await.unwrap();
    let table = [
        ("/app", 200),
        ("/repos/alice/shop/installation", 200),
        ("/repos/noapp/shop/installation", 404),
        ("/repos/alice/shop", 401),
        ("/app/hook/config", 200),
        ("/app/hook/deliveries", 200),
    ];
    check_statuses(&github, &app, &table).await;
    let deliveries = send(&github, Method::GET, "/app/hook/deliveries", &app).await.1;
    for (id, status) in [(deliveries[0]["id"].clone(), 202), (json!(1), 404)] {
        let path = format!("/app/hook/deliveries/{id}/attempts");
        assert_eq!(send(&github, Method::POST, &path, &app).await.0, status);
    }
    let (_, installation) =
        send(&github, Method::GET, "/repos/alice/shop/installation", &app).await;
    let path = format!("/app/installations/{}/access_tokens", installation["id"]);
    for (body, status) in [
        (json!({}), 201),
        (json!({ "repositories": ["shop"], "permissions": { "contents": "read" } }), 201),
        (json!({ "repositories": ["missing"] }), 422),
    ] {
        let request = github.request(Method::POST, &path).bearer_auth(&app).json(&body);
        assert_eq!(request.send().await.unwrap().status(), status, "{body}");
    }
    assert_eq!(check_conformance(&github.sim).len(), 11, "{:#?}", check_conformance(&github.sim));
}

/// GitHub's description does not have the sign-in and the registry: `tests/conformance/others.yaml` does.
#[tokio::test]
async fn sign_in_conforms() {
    let oauth = Some(("Iv1".to_owned(), "secret".to_owned()));
    let github = start_with(GitHubOptions { oauth, ..GitHubOptions::default() }).await;
    github.sim.add_member("acme", "alice");
    github.sim.add_member("acme/dev", "alice");
    let page = "/login/oauth/authorize?client_id=Iv1&redirect_uri=http://x.test/back&state=s";
    let get = async |path: &str| github.request(Method::GET, path).send().await.unwrap();
    assert_eq!(get(page).await.status(), 200);
    assert_eq!(get("/login/oauth/authorize?client_id=other").await.status(), 404);
    let redirect = get(&format!("{page}&login=alice")).await;
    let redirect = reqwest::Url::parse(redirect.headers()["location"].to_str().unwrap()).unwrap();
    let code = redirect.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let post = async |path: &str, body: Value| -> Value {
        github.request(Method::POST, path).form(&body).send().await.unwrap().json().await.unwrap()
    };
    let token_path = "/login/oauth/access_token";
    let mut form = json!({ "client_id": "Iv1", "client_secret": "secret", "code": "wrong" });
    assert_eq!(post(token_path, form.clone()).await["error"], "bad_verification_code");
    form["code"] = json!(code);
    form["redirect_uri"] = json!("http://x.test/back");
    let token = post(token_path, form).await["access_token"].as_str().unwrap().to_owned();
    let table = [
        ("/user", 200),
        ("/user/memberships/orgs/acme", 200),
        ("/user/memberships/orgs/other", 404),
        ("/orgs/acme/teams/dev/memberships/alice", 200),
        ("/orgs/acme/teams/dev/memberships/bob", 404),
    ];
    check_statuses(&github, &token, &table).await;

    let device = post("/login/device/code", json!({ "client_id": "Iv1" })).await;
    let grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    let device_form = json!({ "client_id": "Iv1", "grant_type": grant_type, "device_code": device["device_code"] });
    assert_eq!(post(token_path, device_form.clone()).await["error"], "authorization_pending");
    let code = device["user_code"].as_str().unwrap();
    assert_eq!(get("/login/device").await.status(), 200);
    assert_eq!(get("/login/device?user_code=NONE&login=alice").await.status(), 404);
    assert_eq!(get(&format!("/login/device?user_code={code}&login=alice")).await.status(), 200);
    post(token_path, device_form).await;
    assert_eq!(check_conformance(&github.sim).len(), 12, "{:#?}", check_conformance(&github.sim));
}
