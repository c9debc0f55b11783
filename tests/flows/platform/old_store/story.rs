//! A story that leaves records of every kind in the store. Each test run plays it on the present components, and with
//! `RECORD` set it writes what `README.md` describes.

use super::PEOPLE;
use crate::support::{
    browser::Browser,
    oidc_issuer::{self, OidcIssuer, es256},
};
use nokube_sim::{Fault, HoldPoint};
use nokube_tests::{Response, StoreKind, TestConfig, TestPlatform, USER_SECRET_VALUE};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// The cookie that renews a session.
pub const RENEWAL: &str = "nokube_renewal";

/// The browsers of everybody, by login.
pub type People = BTreeMap<&'static str, Browser>;

/// The settings of the story, and of the platform that continues it.
pub fn config() -> TestConfig {
    // A store in Redis is not a file.
    TestPlatform::config()
        .on(StoreKind::Sqlite)
        .variable("auth_allowed_users", "alice, bob, carol, dave")
        .variable("apps_custom_domains", "*.example.com")
        .variable("platform_hosts", "nokube.example.com")
        // High limits, so that their counters are stored.
        .variable("limit_builds_per_minute", "1000")
        .variable("limit_deploys_per_minute", "1000")
        .variable("limit_changes_per_minute", "1000")
        .variable("limit_sign_ins_per_minute", "1000")
        .variable("auth_oidc_issuer", oidc_issuer::ISSUER)
        .variable("auth_oidc_login_claim", "preferred_username")
}

/// Exchanges a token of the external issuer, issued at `now`, for one of the platform.
pub async fn exchange(platform: &TestPlatform, login: &str, now: i64) -> Response {
    let mut claims = oidc_issuer::claims(login);
    (claims["iat"], claims["exp"]) = (json!(now), json!(now + 600));
    let body = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": es256("e", &claims, 1),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    });
    platform.anonymous().post("/api/v1/auth/token", &body).await
}

/// Polls until the object has the status.
pub async fn wait(browser: &mut Browser, path: &str, status: &str) -> Value {
    for _ in 0..500 {
        let body = browser.get(path).await.expect(200);
        if body["status"] == status {
            return body;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} never became {status}: {}", browser.get(path).await.text);
}

/// Sends the exact text of a request for a build. Returns the path of the build.
pub async fn start_build(browser: &mut Browser, body: &str, key: Option<&str>) -> String {
    let request = browser.request(Method::POST, "/api/v1/builds");
    let request = request.header("content-type", "application/json").body(body.to_owned());
    let request = match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    };
    let created = browser.send(request).await.expect(202);
    format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap())
}

pub fn build_body(project: &Value, service: &str) -> Value {
    json!({
        "project_id": project["id"], "repository_url": "https://github.com/acme/shop",
        "image_name": project["name"], "service_name": service,
    })
}

pub fn deployment_body(project: &Value, service: &str, image: &str) -> Value {
    json!({
        "project_id": project["id"], "project_name": project["name"], "username": project["owner"],
        "service_name": service, "image_name": image,
    })
}

/// Deploys a service and returns the path of the deployment.
pub async fn deploy(browser: &mut Browser, body: &Value) -> String {
    let created = browser.post("/api/v1/deploy", body).await.expect(202);
    format!("/api/v1/deployments/{}", created["deployment_id"].as_str().unwrap())
}

/// Tells the story. Returns the platform and what the test that continues needs to know: see `README.md`.
pub async fn tell() -> (TestPlatform, Value) {
    let issuer = OidcIssuer::start().await;
    let keys_url = issuer.config().variables["auth_oidc_keys_url"].clone();
    let platform = config().variable("auth_oidc_keys_url", &keys_url).start().await;
    let mut people = People::new();
    for login in PEOPLE {
        let mut browser = Browser::signed_in(&platform, login).await;
        browser.username().await;
        people.insert(login, browser);
    }
    let mut alice = people["alice"].clone();
    let project = create_projects(&mut alice, &mut people).await;
    let builds = builds(&platform, &mut alice, &project).await;
    let deployments = deployments(&platform, &mut alice, &project).await;
    let tokens = tokens(&platform, &mut alice).await;
    sign_out_and_block(&mut people).await;
    platform.operator().get("/ready").await.expect(200);

    let now = jiff::Timestamp::now().as_second();
    exchange(&platform, "erin", now).await.expect(200);
    let answers = answers(&mut people, &paths(&project, &builds, &deployments)).await;
    let renewals: Map<_, _> = ["alice", "carol"]
        .into_iter()
        .map(|login| (login.to_owned(), json!(people[login].cookies[RENEWAL])))
        .collect();
    let recorded = json!({
        "at": now, "keys_url": keys_url, "project": project, "builds": builds,
        "deployments": deployments, "tokens": tokens, "renewals": renewals, "answers": answers,
    });
    (platform, recorded)
}

/// A project with members who come and go and an open invitation, one of another person, and a deleted one. Returns the first.
async fn create_projects(alice: &mut Browser, people: &mut People) -> Value {
    let body = json!({ "name": "shop", "description": "A shop", "framework": "axum" });
    let created = alice.post("/api/v1/projects", &body).await.expect(201);
    let path = format!("/api/v1/projects/{}", created["id"]);
    for member in ["bob", "carol"] {
        alice.add_member(&created["id"], people.get_mut(member).unwrap(), "viewer").await;
    }
    let role = json!({ "role": "developer" });
    alice.put(&format!("{path}/members/bob"), &role).await.expect(200);
    assert_eq!(alice.delete(&format!("{path}/members/carol")).await.status, 204);
    alice.put(&format!("{path}/members/dave"), &role).await.expect(201);
    people.get_mut("bob").unwrap().create_project("theirs").await;
    let change = json!({ "repository_url": "https://github.com/acme/shop", "framework": null });
    let project = alice.send(alice.request(Method::PATCH, &path).json(&change)).await.expect(200);
    let deleted = alice.create_project("deleted").await;
    assert_eq!(alice.delete(&format!("/api/v1/projects/{}", deleted["id"])).await.status, 204);
    project
}

/// Builds that end in every way, and one that is still queued at GitHub. Returns their paths.
async fn builds(platform: &TestPlatform, alice: &mut Browser, project: &Value) -> Value {
    let github = &platform.github;
    let mut body = build_body(project, "web");
    body["build_args"] = json!({ "COLOUR": "red" });
    let repeated = body.to_string();
    let successful = start_build(alice, &repeated, Some("once")).await;
    wait(alice, &successful, "success").await;
    let failed = start_build(alice, &build_body(project, "will-fail").to_string(), None).await;
    wait(alice, &failed, "failed").await;

    github.set_next_conclusion(nokube_sim::Conclusion::Failure);
    let mut body = build_body(project, "retried");
    body["dockerfile_content"] = json!("FROM scratch");
    let retried = start_build(alice, &body.to_string(), None).await;
    wait(alice, &retried, "failed").await;
    alice.post(&format!("{retried}/retry"), &json!({})).await.expect(202);
    assert_eq!(wait(alice, &retried, "success").await["attempt"], 2);

    github.hold_runs(HoldPoint::InProgress);
    let mut body = build_body(project, "cancelled");
    body["has_dockerfile"] = json!(true);
    let cancelled = start_build(alice, &body.to_string(), None).await;
    wait(alice, &cancelled, "building").await;
    alice.delete(&cancelled).await.expect(202);
    wait(alice, &cancelled, "cancelled").await;
    github.hold_runs(None);

    let no_input = json!({ "message": "Unexpected inputs provided: [\"ref\"]" });
    github.add_fault(Fault::status("POST", "/dispatches", 422).body(no_input));
    let refused = start_build(alice, &build_body(project, "refused").to_string(), None).await;
    wait(alice, &refused, "failed").await;

    github.hold_runs(HoldPoint::Queued);
    let pending = start_build(alice, &build_body(project, "pending").to_string(), None).await;
    wait(alice, &pending, "pending").await;
    github.wait_until_idle().await.ok();
    let source = json!({ "repository_url": "https://github.com/acme/shop", "context": "web" });
    let [saved, removed] = ["saved", "removed"]
        .map(|name| format!("/api/v1/projects/{}/services/{name}", project["id"]));
    alice.put(&saved, &source).await.expect(201);
    alice.put(&removed, &source).await.expect(201);
    alice.delete(&removed).await.expect(204);
    // The first read after the end stores the final state.
    for path in [&successful, &failed, &retried, &cancelled, &refused] {
        alice.get(path).await.expect(200);
    }
    json!({
        "successful": successful, "failed": failed, "retried": retried, "cancelled": cancelled,
        "refused": refused, "pending": pending, "body_of_successful": repeated,
    })
}

/// Services with several revisions: rolled back, stopped, interrupted, rejected, with a domain, deleted.
async fn deployments(platform: &TestPlatform, alice: &mut Browser, project: &Value) -> Value {
    let cluster = &platform.cluster;
    let mut body = deployment_body(project, "web", "ghcr.io/platform/alice-shop-web:latest");
    body["env_vars"] = json!({ "COLOUR": "red" });
    wait_after_deploy(alice, &body).await;
    body["image_name"] = json!("docker.io/library/nginx:blue");
    wait_after_deploy(alice, &body).await;
    let web = wait_after_deploy(alice, &body).await;
    alice.post(&format!("{web}/rollback"), &json!({ "revision": 1 })).await.expect(202);
    wait(alice, &web, "running").await;

    let mut body = deployment_body(project, "store", "redis:8");
    body["storage_size"] = json!("1Gi");
    body["storage_path"] = json!("/data");
    body["service_type"] = json!("worker");
    let stopped = wait_after_deploy(alice, &body).await;
    alice.post(&format!("{stopped}/stop"), &json!({})).await.expect(202);
    wait(alice, &stopped, "stopped").await;

    cluster.add_fault(Fault::drop_connection("PATCH", "/services/").times(3));
    let interrupted = deploy(alice, &deployment_body(project, "interrupted", "nginx")).await;
    wait(alice, &interrupted, "running").await;

    let invalid = json!({
        "kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid",
        "message": "Service is invalid",
        "details": { "causes": [{ "field": "spec.ports[0].port", "message": "bad" }] },
    });
    cluster.add_fault(Fault::status("PATCH", "/services/", 422).body(invalid));
    let rejected = deploy(alice, &deployment_body(project, "rejected", "nginx")).await;
    wait(alice, &rejected, "failed").await;

    let mut body = deployment_body(project, "domain", "nginx");
    body["custom_domain"] = json!("shop.example.com");
    body["secrets"] = json!({ "API_KEY": USER_SECRET_VALUE });
    body["health_check_enabled"] = json!(true);
    body["liveness_check_path"] = json!("/alive");
    body["enable_autoscaling"] = json!(true);
    body["min_replicas"] = json!(1);
    body["max_replicas"] = json!(3);
    let domain = wait_after_deploy(alice, &body).await;
    let deleted = wait_after_deploy(alice, &deployment_body(project, "deleted", "nginx")).await;
    assert_eq!(alice.delete(&deleted).await.status, 204);
    json!({
        "web": web, "stopped": stopped, "interrupted": interrupted, "rejected": rejected,
        "domain": domain, "deleted": deleted,
    })
}

async fn wait_after_deploy(alice: &mut Browser, body: &Value) -> String {
    let path = deploy(alice, body).await;
    wait(alice, &path, "running").await;
    path
}

/// API tokens: one in use, one never used, one revoked. Returns the first and its number.
async fn tokens(platform: &TestPlatform, alice: &mut Browser) -> Value {
    let (number, token) = alice.create_token(&["read", "build"]).await;
    platform.user_with_token(&token).get("/api/v1/builds").await.expect(200);
    alice.create_token(&["deploy"]).await;
    let (revoked, revoked_token) = alice.create_token(&["read"]).await;
    platform.user_with_token(&revoked_token).get("/api/v1/builds").await.expect(200);
    assert_eq!(alice.delete(&format!("/api/v1/auth/tokens/{revoked}")).await.status, 204);
    json!({ "number": number, "token": token })
}

/// Carol signs out everywhere and in again; an administrator blocks dave.
async fn sign_out_and_block(people: &mut People) {
    let mut carol = people["carol"].clone();
    assert_eq!(carol.delete("/api/v1/auth/sessions").await.status, 204);
    let root = people.get_mut("root").unwrap();
    assert_eq!(root.put("/api/v1/auth/people/dave/block", &json!({})).await.status, 204);
}

/// What is compared with the present release: who reads which path. A read of the pending build would ask GitHub.
fn paths(project: &Value, builds: &Value, deployments: &Value) -> Vec<(&'static str, String)> {
    let project = format!("/api/v1/projects/{}", project["id"]);
    let mut paths = vec![
        ("alice", "/api/v1/projects".into()),
        ("bob", "/api/v1/projects".into()),
        ("alice", "/api/v1/builds".into()),
        ("alice", "/api/v1/auth/me".into()),
        ("alice", "/api/v1/auth/tokens".into()),
        ("alice", "/api/v1/auth/audit".into()),
        ("root", "/api/v1/auth/people/dave/audit".into()),
        ("alice", project.clone()),
    ];
    for list in ["members", "audit", "builds", "deployments", "services", "services/saved"] {
        paths.push(("alice", format!("{project}/{list}")));
    }
    for name in ["successful", "failed", "retried", "cancelled", "refused"] {
        let build = builds[name].as_str().unwrap();
        paths.extend([("alice", build.to_owned()), ("bob", format!("{build}/request"))]);
    }
    for name in ["web", "stopped", "interrupted", "rejected", "domain"] {
        let deployment = deployments[name].as_str().unwrap();
        paths.push(("alice", format!("{deployment}/revisions")));
    }
    paths
}

async fn answers(people: &mut People, paths: &[(&'static str, String)]) -> Value {
    let mut answers = Map::new();
    for (login, path) in paths {
        let answer = people.get_mut(login).unwrap().get(path).await.expect(200);
        answers.insert(format!("{login} {path}"), answer);
    }
    Value::Object(answers)
}
