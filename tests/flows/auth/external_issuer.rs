//! Users of external issuers: token exchange, key rotation, names, API tokens, blocking.

use crate::support::{
    browser::Browser,
    oidc_issuer::{OidcIssuer, claims, ec_jwk, es256, rs256},
};
use nokube_tests::{Response, TestPlatform, User, claims as jwt_claims};
use reqwest::Method;
use serde_json::{Value, json};

async fn exchange(platform: &TestPlatform, token: &str, scope: Option<&str>) -> Response {
    let mut body = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    });
    if let Some(scope) = scope {
        body["scope"] = json!(scope);
    }
    platform.anonymous().post("/api/v1/auth/token", &body).await
}

/// A user with a bearer token of the platform, in exchange for the issuer's token.
async fn user_with_exchanged_token(platform: &TestPlatform, token: &str) -> User {
    let issued = exchange(platform, token, None).await.expect(200);
    platform.user_with_token(issued["access_token"].as_str().unwrap())
}

/// The OAuth error code of a rejected exchange.
fn oauth_error(response: &Response) -> Value {
    response.expect_problem(400);
    response.expect(400)["error"].clone()
}

#[tokio::test]
async fn a_token_of_the_external_issuer_is_exchanged_for_a_token_of_the_platform() {
    let issuer = OidcIssuer::start().await;
    let platform = issuer.config().start().await;
    for token in [rs256("r", &claims("dave")), es256("e", &claims("dave"), 1)] {
        let issued = exchange(&platform, &token, None).await.expect(200);
        assert_eq!((&issued["token_type"], issued.get("refresh_token")), (&json!("Bearer"), None));
        assert!((1..=600).contains(&issued["expires_in"].as_i64().unwrap()), "{issued}");
        let dave = platform.user_with_token(issued["access_token"].as_str().unwrap());
        let me = dave.get("/api/v1/auth/me").await.expect(200);
        assert_eq!((&me["subject"], &me["login"]), (&json!("u-dave"), &json!("dave")));
        // The issuer's token itself is not accepted.
        platform.user_with_token(&token).get("/api/v1/auth/me").await.expect_problem(401);
    }
    assert_eq!(issuer.request_count(), 1, "the keys are cached");
    let dave = user_with_exchanged_token(&platform, &rs256("r", &claims("dave"))).await;
    dave.start_build(dave.create_project("myapp").await).await;
    let audit_log = dave.get("/api/v1/auth/audit").await.expect(200);
    assert_eq!(
        (&audit_log["total"], &audit_log["events"][0]["action"]),
        (&json!(3), &json!("token.exchange"))
    );

    let with = |name: &str, value: Value| {
        let mut claims = claims("dave");
        claims[name] = value;
        claims
    };
    for bad in [
        with("aud", json!("other")),
        with("iss", json!("https://other.test")),
        with("exp", json!(1)),
        with("nbf", json!(jiff::Timestamp::now().as_second() + 900)),
        with("preferred_username", json!("not a login")),
    ] {
        assert_eq!(
            oauth_error(&exchange(&platform, &rs256("r", &bad), None).await),
            "invalid_grant"
        );
    }
    for forged in [es256("e", &claims("dave"), 2), es256("r", &claims("dave"), 1), "x".into()] {
        assert_eq!(oauth_error(&exchange(&platform, &forged, None).await), "invalid_grant");
    }
    platform.finish().await;
}

#[tokio::test]
async fn rotated_keys_are_fetched_and_unknown_keys_cause_few_requests_to_the_issuer() {
    let issuer = OidcIssuer::start().await;
    let mut platform = issuer.config().start().await;
    let (old, new) = (es256("e", &claims("dave"), 1), es256("n", &claims("dave"), 2));
    exchange(&platform, &old, None).await.expect(200);
    issuer.publish(&[ec_jwk("n", 2)]);
    // Tokens with unknown key ids cause at most one request every 30 seconds.
    for number in 0..20 {
        let unknown = es256(&format!("unknown-{number}"), &claims("dave"), 3);
        assert_eq!(oauth_error(&exchange(&platform, &unknown, None).await), "invalid_grant");
    }
    assert_eq!(issuer.request_count(), 1);
    platform.restart_later(31).await;
    exchange(&platform, &new, None).await.expect(200);
    assert_eq!(issuer.request_count(), 2, "an unknown key is fetched");
    assert_eq!(oauth_error(&exchange(&platform, &old, None).await), "invalid_grant");

    // If no token has an unknown key, a withdrawn key stays cached for ten minutes.
    issuer.publish(&[ec_jwk("o", 3)]);
    platform.restart_later(60).await;
    exchange(&platform, &new, None).await.expect(200);
    platform.restart_later(31 + 600).await;
    assert_eq!(oauth_error(&exchange(&platform, &new, None).await), "invalid_grant");
    exchange(&platform, &es256("o", &claims("dave"), 3), None).await.expect(200);
    platform.finish().await;
}

/// If users can sign in with GitHub, usernames are GitHub logins.
#[tokio::test]
async fn a_user_of_another_issuer_cannot_take_a_github_users_name() {
    let issuer = OidcIssuer::start().await;
    let platform =
        issuer.config().variable("auth_jwt_subjects_are_github_logins", "false").start().await;
    let name = |me: Value| me["username"].as_str().unwrap().to_owned();
    let squatter = user_with_exchanged_token(&platform, &rs256("r", &claims("alice"))).await;
    let other = platform.user("alice");
    let names = [
        name(squatter.get("/api/v1/auth/me").await.expect(200)),
        name(other.get("/api/v1/auth/me").await.expect(200)),
    ];
    assert!(names.iter().all(|name| name.starts_with("alice-")), "{names:?}");
    let mut alice = Browser::signed_in(&platform, "alice").await;
    assert_eq!(alice.username().await, "alice");
    // The list of members shows the issuer of a member.
    let project = alice.create_project("myapp").await["id"].as_u64().unwrap();
    let member = format!("/api/v1/projects/{project}/members/{}", names[0]);
    let invited = alice.put(&member, &json!({ "role": "viewer" })).await.expect(201);
    assert_eq!(invited["invitations"][0]["issuer"], "https://idp.test");
    let accept = format!("/api/v1/invitations/{project}/accept");
    squatter.post(&accept, &json!({})).await.expect(200);
    let members = alice.get(&format!("/api/v1/projects/{project}/members")).await.expect(200);
    assert_eq!(members["members"][0]["issuer"], Value::Null);
    assert_eq!(members["members"][1]["issuer"], "https://idp.test");
    platform.finish().await;

    // Without sign-in with GitHub, usernames are the issuer's logins.
    let without_github =
        TestPlatform::config().variable("auth_jwt_subjects_are_github_logins", "false");
    let platform = without_github
        .variable("github_oauth_client_id", "")
        .variable("github_oauth_client_secret", "")
        .start()
        .await;
    let me = platform.user("testuser").get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["username"], "testuser");
    platform.finish().await;
}

#[tokio::test]
async fn the_external_issuer_must_differ_from_github_and_the_platform() {
    let issuer = OidcIssuer::start().await;
    for name in ["https://GitHub.com/", "http://nokube.test/", "nokube"] {
        let platform = issuer.config().variable("auth_oidc_issuer", name).start().await;
        let ready = platform.anonymous().get("/ready").await;
        ready.expect(503);
        assert!(ready.text.contains("must differ from every other issuer"), "{}", ready.text);
        platform.finish().await;
    }
}

#[tokio::test]
async fn a_token_can_be_exchanged_for_one_with_fewer_scopes() {
    let issuer = OidcIssuer::start().await;
    let platform = issuer.config().start().await;
    let token = rs256("r", &claims("dave"));
    let unrestricted = exchange(&platform, &token, None).await.expect(200);
    assert_eq!(unrestricted["scope"], "read build deploy projects metrics reconcile account");
    let restricted = exchange(&platform, &token, Some("build read")).await.expect(200);
    assert_eq!(restricted["scope"], "read build");
    let restricted = platform.user_with_token(restricted["access_token"].as_str().unwrap());
    let me = restricted.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["scopes"], json!(["read", "build"]));
    restricted.get("/api/v1/builds").await.expect(200);
    restricted.post("/api/v1/projects", &json!({ "name": "myapp" })).await.expect_problem(403);
    restricted.post("/api/v1/deploy", &json!({ "project_id": 1 })).await.expect_problem(403);
    for scope in ["", "openid", "read everything"] {
        assert_eq!(oauth_error(&exchange(&platform, &token, Some(scope)).await), "invalid_scope");
    }
    platform.finish().await;
}

#[tokio::test]
async fn users_of_the_external_issuer_can_create_api_tokens_only_if_the_operator_allows_it() {
    let issuer = OidcIssuer::start().await;
    let mut platform = issuer.config().start().await;
    let body = json!({ "name": "ci", "scopes": ["build"] });
    let in_300_days = jiff::Timestamp::now().as_second() + 300 * 86_400;
    let in_300_days = jiff::Timestamp::from_second(in_300_days).unwrap();
    let long_lived = json!({ "name": "ci", "scopes": ["build"], "expires_at": in_300_days });
    let issuer_token = rs256("r", &claims("dave"));
    for user in [user_with_exchanged_token(&platform, &issuer_token).await, platform.user("erin")] {
        let detail = user.post("/api/v1/auth/tokens", &body).await.expect_problem(403);
        assert!(detail.contains("auth_issuer_token_days"), "{detail}");
    }
    platform.set_variable("auth_issuer_token_days", "7");
    platform.restart().await;
    let mut tokens = Vec::new();
    for user in [user_with_exchanged_token(&platform, &issuer_token).await, platform.user("erin")] {
        assert!(
            user.post("/api/v1/auth/tokens", &long_lived).await.field_errors()["expires_at"]
                .contains("7 days")
        );
        let created = user.post("/api/v1/auth/tokens", &body).await.expect(201);
        let expires_at: jiff::Timestamp = created["expires_at"].as_str().unwrap().parse().unwrap();
        assert!(expires_at.as_second() - jiff::Timestamp::now().as_second() <= 7 * 86_400);
        tokens.push(created["token"].as_str().unwrap().to_owned());
    }
    for token in &tokens {
        platform.user_with_token(token).get("/api/v1/builds").await.expect(200);
    }
    // If the operator does not allow them any more, they are rejected immediately.
    platform.set_variable("auth_issuer_token_days", "0");
    platform.restart().await;
    for token in &tokens {
        platform.user_with_token(token).get("/api/v1/builds").await.expect_problem(401);
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_blocked_user_cannot_change_anything_with_any_kind_of_credential() {
    let issuer = OidcIssuer::start().await;
    let platform = issuer.config().start().await;
    let mut root = Browser::signed_in(&platform, "root").await;
    let token = rs256("r", &claims("dave"));
    let (dave, erin) = (user_with_exchanged_token(&platform, &token).await, platform.user("erin"));
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let (dave_project, erin_project) =
        (dave.create_project("one").await, erin.create_project("two").await);
    let alice_project = alice.create_project("three").await["id"].as_u64().unwrap();
    let name = |me: Value| me["username"].as_str().unwrap().to_owned();
    let names = [
        name(dave.get("/api/v1/auth/me").await.expect(200)),
        name(erin.get("/api/v1/auth/me").await.expect(200)),
        alice.username().await,
    ];
    for name in &names {
        let block = format!("/api/v1/auth/people/{name}/block");
        assert_eq!(root.put(&block, &json!({})).await.status, 204);
    }
    for (user, project) in [(&dave, dave_project), (&erin, erin_project)] {
        let path = format!("/api/v1/projects/{project}");
        let build = json!({ "project_id": project });
        assert!(
            user.post("/api/v1/builds", &build)
                .await
                .expect_problem_with_reason(403, "blocked")
                .contains("blocked your access")
        );
        user.post("/api/v1/deploy", &build).await.expect_problem(403);
        user.delete(&path).await.expect_problem(403);
        user.post("/api/v1/projects", &json!({ "name": "four" })).await.expect_problem(403);
        user.get("/api/v1/projects").await.expect_problem(403);
        // Reading a project does not check the blocklist, because it must stay cheap (ADR 13).
        user.get(&path).await.expect(200);
    }
    let change = alice.request(Method::PATCH, &format!("/api/v1/projects/{alice_project}"));
    alice.send(change.json(&json!({ "description": "x" }))).await.expect_problem(403);
    exchange(&platform, &token, None).await.expect_problem(403);
    // Administrators cannot block themselves.
    root.put("/api/v1/auth/people/root/block", &json!({})).await.expect_problem(409);

    let unblock = format!("/api/v1/auth/people/{}/block", names[1]);
    assert_eq!(root.delete(&unblock).await.status, 204);
    platform.user_with_claims(jwt_claims("erin")).get("/api/v1/projects").await.expect(200);
    platform.finish().await;
}
