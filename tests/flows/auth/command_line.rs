//! The sign-in of the command line, from the browser's sign-in at GitHub to the end of the API token, and what a token
//! with the scope `projects` can do.

use crate::support::browser::Browser;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nokube_domain::session::pkce_challenge;
use nokube_tests::{Response, TestPlatform, User};
use reqwest::Method;
use serde_json::{Value, json};

const REDIRECT_URI: &str = "http://[::1]:50000/callback";

fn authorization(verifier: &str) -> Value {
    json!({
        "client_id": "nokube-cli", "redirect_uri": REDIRECT_URI, "state": "xyz-1.2_3~4",
        "code_challenge": pkce_challenge(verifier), "code_challenge_method": "S256",
    })
}

fn verifier(number: u8) -> String {
    URL_SAFE_NO_PAD.encode([number; 32])
}

/// Redeems a code as OAuth clients do, with a form.
async fn redeem(platform: &TestPlatform, code: &str, verifier: &str) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", "nokube-cli"),
        ("code_verifier", verifier),
    ];
    let request = platform.anonymous().request(Method::POST, "/api/v1/auth/token");
    Response::send(request.form(&form)).await
}

async fn allow(browser: &mut Browser, verifier: &str) -> String {
    let allowed = browser.post("/api/v1/auth/authorizations", &authorization(verifier)).await;
    let redirect_to = allowed.expect(201)["redirect_to"].as_str().unwrap().to_owned();
    let rest = redirect_to.strip_prefix(REDIRECT_URI).and_then(|it| it.strip_prefix("?code="));
    let code =
        rest.and_then(|rest| rest.strip_suffix("&state=xyz-1.2_3~4&iss=http%3A%2F%2Fnokube.test"));
    code.unwrap_or_else(|| panic!("{redirect_to}")).to_owned()
}

/// A command line that is signed in.
async fn sign_in(platform: &TestPlatform, browser: &mut Browser, scopes: &[&str]) -> User {
    let verifier = verifier(1);
    let code = allow(browser, &verifier).await;
    let issued = redeem(platform, &code, &verifier).await.expect(200);
    let bearer = platform.user_with_token(issued["access_token"].as_str().unwrap());
    let new = json!({ "name": "nokube on laptop", "scopes": scopes });
    let token = bearer.post("/api/v1/auth/tokens", &new).await.expect(201);
    platform.user_with_token(token["token"].as_str().unwrap())
}

const CLI_SCOPES: [&str; 4] = ["read", "build", "deploy", "projects"];

#[tokio::test]
async fn a_command_line_signs_in_works_with_projects_and_signs_out() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let command_line = sign_in(&platform, &mut alice, &CLI_SCOPES).await;
    let me = command_line.get("/api/v1/auth/me").await.expect(200);
    assert_eq!((&me["login"], &me["via"]), (&json!("alice"), &json!("token")));
    let project = command_line.create_project("myapp").await;
    command_line.start_build(project).await;

    // It cannot make another token, and shows up where its owner can end it.
    let new = json!({ "name": "another", "scopes": ["read"] });
    command_line.post("/api/v1/auth/tokens", &new).await.expect_problem(403);
    command_line.post("/api/v1/auth/authorizations", &json!({})).await.expect_problem(403);
    let tokens = alice.get("/api/v1/auth/tokens").await.expect(200);
    assert_eq!(tokens["tokens"][0]["name"], "nokube on laptop");
    let log = alice.get("/api/v1/auth/audit").await.expect(200);
    let actions: Vec<_> = log["events"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(actions, ["token.create", "session.begin", "session.begin"]);
    assert_eq!(log["events"][1]["by"]["via"], "authorization_code");

    assert_eq!(command_line.delete("/api/v1/auth/tokens/current").await.status, 204);
    command_line.get("/api/v1/auth/me").await.expect_problem(401);
    // The browser stays signed in. It has no API token to end.
    alice.get("/api/v1/auth/me").await.expect(200);
    alice.delete("/api/v1/auth/tokens/current").await.expect_problem(403);
    // `finish` checks that neither storage nor log contain a code or a token.
    platform.finish().await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_the_verifier_twice_or_after_signing_out() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let (verifier, other) = (verifier(1), verifier(2));
    let code = allow(&mut alice, &verifier).await;
    let unused = allow(&mut alice, &verifier).await;
    let invalid = redeem(&platform, &code, &other).await;
    invalid.expect_problem(400);
    assert_eq!(invalid.expect(400)["error"], "invalid_grant");
    let (first, second, third) = tokio::join!(
        redeem(&platform, &code, &verifier),
        redeem(&platform, &code, &verifier),
        redeem(&platform, &code, &verifier),
    );
    let mut statuses = [first.status, second.status, third.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400]);

    let mut phone = Browser::signed_in(&platform, "alice").await;
    assert_eq!(phone.delete("/api/v1/auth/session").await.status, 204);
    assert_eq!(redeem(&platform, &unused, &verifier).await.expect(400)["error"], "invalid_grant");
    let refused = alice.post("/api/v1/auth/authorizations", &authorization(&verifier)).await;
    refused.expect_problem(401);
    platform.finish().await;
}

#[tokio::test]
async fn another_origin_cannot_allow_a_sign_in() {
    let platform = TestPlatform::start().await;
    let alice = Browser::signed_in(&platform, "alice").await;
    let body = authorization(&verifier(1));
    let request = || alice.request_without_origin(Method::POST, "/api/v1/auth/authorizations");
    for origin in ["http://evil.test", "http://127.0.0.1:50000", "null"] {
        let response = Response::send(request().header("origin", origin).json(&body)).await;
        response.expect_problem(403);
    }
    Response::send(request().json(&body)).await.expect_problem(403);
    // A form of another page, which needs no permission.
    let form = request().header("content-type", "text/plain").header("origin", "http://evil.test");
    Response::send(form.body(body.to_string())).await.expect_problem(403);
    let page = platform.anonymous().get("/authorize?client_id=nokube-cli").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.headers["x-frame-options"], "DENY");
    platform.finish().await;
}

/// A token for projects does not reach what runs in them: neither itself nor through somebody else.
#[tokio::test]
async fn a_token_for_projects_gains_nothing_that_it_lacks() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut bob = Browser::signed_in(&platform, "bob").await;
    bob.username().await;
    let (_, token) = alice.create_token(&["projects", "read"]).await;
    let manager = platform.user_with_token(&token);
    let project = manager.create_project("myapp").await;
    let path = format!("/api/v1/projects/{project}");

    let member = format!("{path}/members/bob");
    let put = |user: &User, role: &str| {
        Response::send(user.request(Method::PUT, &member).json(&json!({ "role": role })))
    };
    let refused = put(&manager, "developer").await.expect_problem(403);
    assert!(refused.contains("'build' and 'deploy'"), "{refused}");
    put(&manager, "viewer").await.expect(201);
    bob.accept_invitation(&json!(project)).await.expect(200);
    put(&manager, "developer").await.expect_problem(403);
    let command_line = sign_in(&platform, &mut alice, &CLI_SCOPES).await;
    put(&command_line, "developer").await.expect(200);
    put(&manager, "viewer").await.expect(200);

    let request = command_line.deployment_request(project, "frontend", "nginx:1.29").await;
    let deployment = command_line.deploy(&request).await;
    manager.delete(&path).await.expect_problem(409);
    manager.delete(&format!("{path}?take_down=true&volumes=true")).await.expect_problem(403);
    command_line.get(&deployment).await.expect(200);
    // Who did what, from which address, is for the owner in person.
    manager.get(&format!("{path}/audit")).await.expect_problem(403);
    manager.get("/api/v1/auth/audit").await.expect_problem(403);
    manager.get("/api/v1/auth/tokens").await.expect_problem(403);
    alice.get(&format!("{path}/audit")).await.expect(200);

    command_line.delete(&deployment).await;
    platform.wait_until_namespace_is_gone("nk-alice-myapp").await;
    assert_eq!(manager.delete(&path).await.status, 204);
    manager.get(&path).await.expect_problem(404);
    platform.finish().await;
}
