//! Every route of the simulated GitHub, in its good answers and its bad ones: GitHub's own description
//! knows them all. The same is looked at after every other test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests

mod support;

use nokube_sim::{HoldAt, Options};
use reqwest::Method;
use serde_json::{Value, json};
use support::app::{app_jwt, app_world};
use support::{BUILDER, World, described, inputs, world, world_with};

/// What is answered to a request; the check of its form is in [`described`].
async fn ask(world: &World, method: Method, path: &str, token: &str) -> (u16, Value) {
    let request =
        world.request(method, path).bearer_auth(token).header("accept", "application/json");
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// Asks for each path and looks at its status.
async fn get_all(world: &World, token: &str, table: &[(&str, u16)]) {
    for (path, status) in table {
        assert_eq!(ask(world, Method::GET, path, token).await.0, *status, "{path}");
    }
}

#[tokio::test]
async fn repositories_and_people_are_as_described() {
    let world = world().await;
    let table = [
        ("/users/alice", 200),
        ("/users/missing", 404),
        ("/repos/alice/shop", 200),
        ("/repos/alice/missing", 404),
        ("/repos/alice/shop/commits/main", 200),
        ("/repos/alice/shop/commits/feature/x", 200),
        ("/repos/alice/shop/commits/missing", 422),
        ("/repos/alice/shop/collaborators/alice/permission", 200),
        ("/repos/alice/shop/contents/", 200),
        ("/repos/alice/shop/contents/web/Dockerfile", 200),
        ("/repos/alice/shop/contents/missing", 404),
        ("/app", 401),
        ("/user", 403),
    ];
    get_all(&world, "personal", &table).await;
    get_all(&world, "nobody", &[("/repos/alice/shop", 401)]).await;
    world.sim.set_rate_limit(0);
    get_all(&world, "personal", &[("/repos/alice/shop", 403)]).await;
    assert_eq!(described(&world.sim).len(), 13);
}

#[tokio::test]
async fn runs_and_their_webhooks_are_as_described() {
    let world = world_with(Options { ping: true, ..Options::default() }).await;
    world.sim.hold_runs(HoldAt::InProgress);
    let run = world.build("b1", "ghcr.io/n/a").await;
    world.sim.settled().await.unwrap();
    let at = |rest: &str| format!("{BUILDER}/actions/{rest}");
    let job = world.job(run).await["id"].clone();
    let log = at(&format!("jobs/{job}/logs"));
    let all = async |log_status: u16| {
        let reads = [
            (at("workflows/build.yml"), 200),
            (at("workflows/other.yml"), 404),
            (at("workflows/build.yml/runs?per_page=1"), 200),
            (at("runs"), 200),
            (at(&format!("runs/{run}")), 200),
            (at("runs/1"), 404),
            (at(&format!("runs/{run}/attempts/1")), 200),
            (at(&format!("runs/{run}/jobs")), 200),
            (at(&format!("runs/{run}/attempts/1/jobs")), 200),
            (at(&format!("jobs/{job}")), 200),
            (log.clone(), log_status),
        ];
        for (path, status) in reads {
            assert_eq!(ask(&world, Method::GET, &path, "personal").await.0, status, "{path}");
        }
    };
    all(404).await;
    let change = async |what: &str, status: u16| {
        let path = at(&format!("runs/{run}/{what}"));
        assert_eq!(ask(&world, Method::POST, &path, "personal").await.0, status, "{what}");
        world.sim.settled().await.unwrap();
    };
    change("rerun", 403).await;
    change("cancel", 202).await;
    change("force-cancel", 409).await;
    world.sim.hold_runs(None);
    change("rerun", 201).await;
    change("rerun-failed-jobs", 403).await;
    let job = world.job(run).await["id"].clone();
    let log = world.get(&at(&format!("jobs/{job}/logs"))).await;
    let place = log.headers()["location"].to_str().unwrap().replace(&world.sim.url(), "");
    assert_eq!(world.request(Method::GET, &place).send().await.unwrap().status(), 200);
    assert_eq!(world.request(Method::GET, "/_logs/none").send().await.unwrap().status(), 403);
    all(302).await;

    world.sim.set_dispatch_204(true);
    assert_eq!(world.dispatch_with(inputs("b2", "ghcr.io/n/will-fail")).await.status(), 204);
    assert_eq!(world.dispatch_with(json!({ "x": 1 })).await.status(), 422);
    world.sim.settled().await.unwrap();
    let hooks = format!("{BUILDER}/hooks/1/deliveries");
    let newest = world.json(&hooks).await[0]["id"].clone();
    for (id, status) in [(newest, 202), (json!(1), 404)] {
        let again = format!("{hooks}/{id}/attempts");
        assert_eq!(ask(&world, Method::POST, &again, "personal").await.0, status);
    }
    world.sim.settled().await.unwrap();
    let kinds = described(&world.sim);
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
        assert!(kinds.contains(&format!("webhook {webhook}")), "{webhook} in {kinds:#?}");
    }
    assert_eq!(kinds.len(), 33, "{kinds:#?}");
}

#[tokio::test]
async fn an_app_its_tokens_and_its_webhook_are_as_described() {
    let world = app_world().await;
    let app = app_jwt(-60, 500);
    world.sim.settled().await.unwrap();
    let table = [
        ("/app", 200),
        ("/repos/alice/shop/installation", 200),
        ("/repos/noapp/shop/installation", 404),
        ("/repos/alice/shop", 401),
        ("/app/hook/config", 200),
        ("/app/hook/deliveries", 200),
    ];
    get_all(&world, &app, &table).await;
    let (_, installation) = ask(&world, Method::GET, "/repos/alice/shop/installation", &app).await;
    let path = format!("/app/installations/{}/access_tokens", installation["id"]);
    for (body, status) in [
        (json!({}), 201),
        (json!({ "repositories": ["shop"], "permissions": { "contents": "read" } }), 201),
        (json!({ "repositories": ["missing"] }), 422),
    ] {
        let request = world.request(Method::POST, &path).bearer_auth(&app).json(&body);
        assert_eq!(request.send().await.unwrap().status(), status, "{body}");
    }
    assert_eq!(described(&world.sim).len(), 8, "{:#?}", described(&world.sim));
}

/// Sign-in and the registry are not in GitHub's description: `tests/conformance/others.yaml` has them.
#[tokio::test]
async fn sign_in_is_as_described() {
    let oauth = Some(("Iv1".to_owned(), "secret".to_owned()));
    let world = world_with(Options { oauth, ..Options::default() }).await;
    world.sim.add_member("acme", "alice");
    world.sim.add_member("acme/dev", "alice");
    let page = "/login/oauth/authorize?client_id=Iv1&redirect_uri=http://x.test/back&state=s";
    let at = async |path: &str| world.request(Method::GET, path).send().await.unwrap();
    assert_eq!(at(page).await.status(), 200);
    assert_eq!(at("/login/oauth/authorize?client_id=other").await.status(), 404);
    let back = at(&format!("{page}&login=alice")).await;
    let back = reqwest::Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let post = async |path: &str, body: Value| -> Value {
        world.request(Method::POST, path).json(&body).send().await.unwrap().json().await.unwrap()
    };
    let tokens = "/login/oauth/access_token";
    let mut sent = json!({ "client_id": "Iv1", "client_secret": "secret", "code": "wrong" });
    assert_eq!(post(tokens, sent.clone()).await["error"], "bad_verification_code");
    sent["code"] = json!(code);
    sent["redirect_uri"] = json!("http://x.test/back");
    let token = post(tokens, sent).await["access_token"].as_str().unwrap().to_owned();
    let table = [
        ("/user", 200),
        ("/user/memberships/orgs/acme", 200),
        ("/user/memberships/orgs/other", 404),
        ("/orgs/acme/teams/dev/memberships/alice", 200),
        ("/orgs/acme/teams/dev/memberships/bob", 404),
    ];
    get_all(&world, &token, &table).await;

    let device = post("/login/device/code", json!({ "client_id": "Iv1" })).await;
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let asking =
        json!({ "client_id": "Iv1", "grant_type": grant, "device_code": device["device_code"] });
    assert_eq!(post(tokens, asking.clone()).await["error"], "authorization_pending");
    let code = device["user_code"].as_str().unwrap();
    assert_eq!(at("/login/device").await.status(), 200);
    assert_eq!(at("/login/device?user_code=NONE&login=alice").await.status(), 404);
    assert_eq!(at(&format!("/login/device?user_code={code}&login=alice")).await.status(), 200);
    post(tokens, asking).await;
    assert_eq!(described(&world.sim).len(), 12, "{:#?}", described(&world.sim));
}
