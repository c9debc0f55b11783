//! Sign-in with GitHub: who may sign in, renewal and end of sessions, device sign-in.

use crate::support::browser::{Browser, location};
use nokube_tests::{Response, SESSION_SECRET, TestPlatform};
use reqwest::Method;
use serde_json::{Value, json};

const SESSION: &str = "nokube_session";
const RENEWAL: &str = "nokube_renewal";

#[tokio::test]
async fn a_user_signs_in_creates_a_project_and_a_token_and_signs_out() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let me = alice.get("/api/v1/auth/me").await.expect(200);
    assert_eq!((&me["username"], &me["login"]), (&json!("alice"), &json!("alice")));
    assert_eq!((&me["via"], &me["administrator"]), (&json!("session"), &json!(false)));
    assert_eq!(me["issuer"], "https://github.com");
    assert_eq!(alice.create_project("myapp").await["owner"], "alice");
    let (number, token) = alice.create_token(&["read"]).await;
    let machine = platform.user_with_token(&token);
    machine.get("/api/v1/projects").await.expect(200);
    assert_eq!(alice.delete(&format!("/api/v1/auth/tokens/{number}")).await.status, 204);
    machine.get("/api/v1/projects").await.expect_problem(401);

    assert_eq!(alice.delete("/api/v1/auth/session").await.status, 204);
    assert!(alice.cookies.is_empty());
    alice.get("/api/v1/auth/me").await.expect_problem(401);
    platform.finish().await;
}

#[tokio::test]
async fn without_an_allowlist_only_administrators_can_sign_in_and_ready_reports_it() {
    let platform = TestPlatform::config().variable("auth_allowed_users", "").start().await;
    let mut alice = Browser::new(&platform);
    assert!(alice.sign_in("alice").await.expect_problem(403).contains("may not sign in"));
    assert!(!alice.cookies.contains_key(SESSION));
    let mut root = Browser::signed_in(&platform, "root").await;
    assert_eq!(root.get("/api/v1/auth/me").await.expect(200)["administrator"], true);
    let ready = platform.operator().get("/ready").await.text;
    assert!(ready.contains("may sign in: only 1 administrator;"), "{ready}");
    platform.finish().await;

    let platform = TestPlatform::config()
        .variable("auth_allowed_users", "")
        .variable("auth_administrators", "")
        .start()
        .await;
    Browser::new(&platform).sign_in("root").await.expect_problem(403);
    assert!(platform.operator().get("/ready").await.text.contains("nobody may sign in"));
    platform.finish().await;
}

#[tokio::test]
async fn a_failed_sign_in_in_a_browser_redirects_to_the_page_with_the_kind_of_problem_only() {
    let platform = TestPlatform::config().variable("auth_allowed_users", "").start().await;
    let mut alice = Browser::new(&platform);
    let callback = alice.authorize("alice").await;
    let request = alice
        .request_without_origin(Method::GET, &callback)
        .header("accept", "text/html,*/*;q=0.8");
    let rejected = alice.send(request).await;
    assert_eq!((rejected.status, location(&rejected).as_str()), (302, "/?sign_in=forbidden"));
    assert!(alice.cookies.is_empty(), "neither a session nor the cookie of the pending sign-in");
    platform.finish().await;
}

#[tokio::test]
async fn members_of_allowed_organisations_and_teams_can_sign_in() {
    let platform = TestPlatform::config()
        .variable("auth_allowed_users", "")
        .variable("auth_allowed_organisations", "Acme")
        .variable("auth_allowed_teams", "acme/ops, other/dev")
        .start()
        .await;
    platform.github.add_member("acme", "dave");
    platform.github.add_member("other/dev", "erin");
    platform.github.add_member("other", "frank");
    Browser::signed_in(&platform, "dave").await;
    Browser::signed_in(&platform, "erin").await;
    Browser::new(&platform).sign_in("frank").await.expect_problem(403);
    platform.finish().await;
}

/// If an administrator gives up their login, its next owner does not become an administrator.
#[tokio::test]
async fn an_allowed_login_is_bound_to_the_first_account_that_signs_in_with_it() {
    let mut platform = TestPlatform::start().await;
    let mut first = Browser::signed_in(&platform, "root").await;
    assert!(platform.operator().get("/ready").await.text.contains("id:NUMBER"));
    platform.github.reassign_login("root");
    let detail = Browser::new(&platform).sign_in("root").await.expect_problem(403);
    assert!(detail.contains("another account"), "{detail}");
    first.post("/api/v1/auth/session", &json!({})).await.expect(200);
    assert_eq!(first.get("/api/v1/auth/me").await.expect(200)["administrator"], true);
    let account = detail.split("id:").nth(1).unwrap().trim_end_matches('.').to_owned();
    platform.set_variable("auth_allowed_users", &format!("id:{account}"));
    platform.restart().await;
    let mut second = Browser::signed_in(&platform, "root").await;
    assert_eq!(second.get("/api/v1/auth/me").await.expect(200)["administrator"], false);
    platform.finish().await;
}

/// Sign-ins, callbacks and token requests are limited by the client's address, which it cannot choose.
#[tokio::test]
async fn a_flood_of_sign_ins_does_not_block_other_addresses() {
    let platform = TestPlatform::config()
        .variable("limit_sign_ins_per_minute", "3")
        .variable("client_address_header", "x-real-ip")
        .start()
        .await;
    let mut alice = Browser::new(&platform);
    let callback = alice.authorize("alice").await;
    let mut mallory = Browser::new(&platform);
    let guessed_callback = mallory.authorize("mallory").await.replace("code=", "code=guessed");
    let from_mallory = |browser: &Browser, method: Method, path: &str| {
        Response::send(browser.request(method, path).header("x-real-ip", "203.0.113.9"))
    };
    let mut statuses = Vec::new();
    for _ in 0..10 {
        let stranger = Browser::new(&platform);
        statuses.push(from_mallory(&stranger, Method::GET, "/api/v1/auth/login").await.status);
        from_mallory(&stranger, Method::GET, "/api/v1/auth/callback?code=x&state=y").await;
        from_mallory(&stranger, Method::POST, "/api/v1/auth/token").await;
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    let mut guess_statuses = Vec::new();
    for _ in 0..10 {
        guess_statuses.push(from_mallory(&mallory, Method::GET, &guessed_callback).await.status);
    }
    assert!(guess_statuses.contains(&429), "{guess_statuses:?}");
    assert_eq!(alice.get(&callback).await.status, 302);
    platform.finish().await;
}

#[tokio::test]
async fn behind_tls_ready_recommends_setting_the_client_address_header() {
    let config = || TestPlatform::config().variable("platform_url", "https://nokube.example.org");
    for (header, is_warned) in [("", true), ("x-forwarded-for", false)] {
        let platform = config().variable("client_address_header", header).start().await;
        let ready = platform.operator().get("/ready").await;
        assert_eq!(ready.expect(200)["ready"], true);
        assert_eq!(ready.text.contains("set client_address_header"), is_warned, "{}", ready.text);
        platform.finish().await;
    }
}

#[tokio::test]
async fn a_session_can_be_renewed_until_the_user_signs_out_in_any_browser() {
    let platform = TestPlatform::start().await;
    let mut laptop = Browser::signed_in(&platform, "alice").await;
    let mut phone = Browser::signed_in(&platform, "alice").await;
    let before = laptop.cookies.remove(SESSION).unwrap();
    laptop.get("/api/v1/auth/me").await.expect_problem(401);
    laptop.post("/api/v1/auth/session", &json!({})).await.expect(200);
    assert!(laptop.cookies.contains_key(SESSION) && !before.is_empty());
    laptop.get("/api/v1/auth/me").await.expect(200);

    assert_eq!(phone.delete("/api/v1/auth/session").await.status, 204);
    // The other session stays valid for ten minutes at most, but cannot be renewed.
    laptop.post("/api/v1/auth/session", &json!({})).await.expect_problem(401);
    assert!(laptop.cookies.is_empty());
    Browser::signed_in(&platform, "alice").await;
    platform.finish().await;
}

#[tokio::test]
async fn blocking_a_user_revokes_api_tokens_immediately_and_sessions_at_the_next_renewal() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut root = Browser::signed_in(&platform, "root").await;
    let (_, token) = alice.create_token(&["read", "build", "deploy"]).await;
    platform.user_with_token(&token).get("/api/v1/projects").await.expect(200);
    let block = "/api/v1/auth/people/alice/block";
    alice.put(block, &json!({})).await.expect_problem(403);
    assert_eq!(root.put(block, &json!({})).await.status, 204);
    platform.user_with_token(&token).get("/api/v1/projects").await.expect_problem(401);
    // Not even with a session that is still valid.
    let body = json!({ "name": "another", "scopes": ["read"] });
    alice.post("/api/v1/auth/tokens", &body).await.expect_problem(403);
    alice.post("/api/v1/auth/session", &json!({})).await.expect_problem(401);
    Browser::new(&platform).sign_in("alice").await.expect_problem(403);
    let audit_log = root.get("/api/v1/auth/people/alice/audit").await.expect(200);
    let actions: Vec<_> =
        audit_log["events"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(actions, ["person.block", "token.create", "session.begin"]);
    assert_eq!(audit_log["events"][0]["by"]["login"], "root");
    assert_eq!(audit_log["events"][0]["from"], "127.0.0.1");
    assert_eq!(root.delete(block).await.status, 204);
    let mut alice = Browser::signed_in(&platform, "alice").await;
    // Users see their own client addresses, but not those of administrators.
    let audit_log = alice.get("/api/v1/auth/audit").await.expect(200);
    let from = audit_log["events"].as_array().unwrap().iter().map(|e| (&e["action"], &e["from"]));
    let (address, hidden) = (json!("127.0.0.1"), Value::Null);
    let expected = [
        ("session.begin", &address),
        ("person.unblock", &hidden),
        ("person.block", &hidden),
        ("token.create", &address),
        ("session.begin", &address),
    ];
    let from: Vec<_> = from.map(|(action, from)| (action.as_str().unwrap(), from)).collect();
    assert_eq!(from, expected);
    platform.finish().await;
}

#[tokio::test]
async fn a_user_who_is_removed_from_the_allowlist_loses_access() {
    let mut platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let (_, token) = alice.create_token(&["read"]).await;
    platform.set_variable("auth_allowed_users", "bob");
    platform.restart().await;
    alice.base = platform.host().url();
    platform.user_with_token(&token).get("/api/v1/projects").await.expect_problem(401);
    alice.post("/api/v1/auth/session", &json!({})).await.expect_problem(401);
    platform.finish().await;
}

#[tokio::test]
async fn the_session_secret_can_be_rotated_without_ending_sessions() {
    let mut platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let callback = alice.authorize("alice").await; // A pending sign-in.
    platform.set_variable("auth_session_secret", "sentinel-session-secret-two-of-32-bytes");
    platform.set_variable("auth_session_secret_previous", SESSION_SECRET);
    platform.restart().await;
    alice.base = platform.host().url();
    alice.get("/api/v1/auth/me").await.expect(200);
    alice.post("/api/v1/auth/session", &json!({})).await.expect(200);
    assert_eq!(alice.get(&callback).await.status, 302);
    platform.set_variable("auth_session_secret_previous", "");
    platform.restart().await;
    alice.base = platform.host().url();
    alice.get("/api/v1/auth/me").await.expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn a_command_line_program_signs_in_with_a_device_code() {
    let platform = TestPlatform::start().await;
    let anonymous = platform.anonymous();
    let device = anonymous.post("/api/v1/auth/device", &json!({})).await.expect(200);
    let form = |fields: &[(&str, &str)]| {
        let text = fields.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&");
        anonymous
            .request(Method::POST, "/api/v1/auth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(text)
    };
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let code = device["device_code"].as_str().unwrap();
    let poll = || form(&[("grant_type", grant), ("device_code", code)]);
    let pending = Response::send(poll()).await;
    pending.expect_problem(400);
    assert_eq!(pending.expect(400)["error"], "authorization_pending");

    let page = device["verification_uri"].as_str().unwrap();
    let confirm = format!("{page}?user_code={}&login=alice", device["user_code"].as_str().unwrap());
    assert_eq!(Response::send(reqwest::Client::new().get(confirm)).await.status, 200);
    let issued = Response::send(poll()).await.expect(200);
    let alice = platform.user_with_token(issued["access_token"].as_str().unwrap());
    let me = alice.get("/api/v1/auth/me").await.expect(200);
    assert_eq!((&me["login"], &me["via"]), (&json!("alice"), &json!("bearer")));

    let refresh = issued["refresh_token"].as_str().unwrap();
    let refreshed = form(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
    let refreshed = Response::send(refreshed).await.expect(200);
    platform
        .user_with_token(refreshed["access_token"].as_str().unwrap())
        .get("/api/v1/builds")
        .await
        .expect(200);
    assert_eq!(alice.delete("/api/v1/auth/sessions").await.status, 204);
    let after_sign_out = form(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
    assert_eq!(Response::send(after_sign_out).await.expect(400)["error"], "invalid_grant");
    // A refresh token is not a bearer token.
    platform.user_with_token(refresh).get("/api/v1/auth/me").await.expect_problem(401);
    platform.finish().await;
}

#[tokio::test]
async fn behind_tls_cookies_are_secure() {
    let platform =
        TestPlatform::config().variable("platform_url", "https://nokube.example.org").start().await;
    let mut browser = Browser::new(&platform);
    let login = browser.get("/api/v1/auth/login").await;
    assert!(location(&login).contains("code_challenge_method=S256"));
    let cookie = login.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-nokube_sign_in=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert!(cookie.contains("Path=/;") && login.headers.contains_key("strict-transport-security"));
    assert!(!browser.cookies.contains_key(RENEWAL));
    platform.finish().await;
}

#[tokio::test]
async fn signing_in_as_any_user_is_only_possible_at_the_simulated_github() {
    // A platform without the simulation's URL redirects browsers to github.com.
    let platform =
        TestPlatform::config().variable("github_sign_in_url", "https://github.com").start().await;
    let login = Browser::new(&platform).get("/api/v1/auth/login?login=alice").await;
    assert!(location(&login).starts_with("https://github.com/login/oauth/authorize?"));
    assert!(!login.headers["set-cookie"].to_str().unwrap().contains(SESSION));
    let without_oauth = TestPlatform::config()
        .variable("github_oauth_client_id", "")
        .variable("github_oauth_client_secret", "");
    let other = without_oauth.start().await;
    Browser::new(&other).get("/api/v1/auth/login?login=alice").await.expect_problem(503);
    platform.finish().await;
    other.finish().await;
}
