//! Forged and modified credentials, cross-origin requests, forged headers.

use crate::support::browser::{Browser, location};
use nokube_tests::{JWT_SECRET, PLATFORM_URL, Response, TestPlatform, claims};
use reqwest::Method;
use serde_json::json;

/// The text with another character at one position.
fn with_changed_char(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_cookie_with_any_changed_character_is_rejected() {
    let platform = TestPlatform::start().await;
    let alice = Browser::signed_in(&platform, "alice").await;
    for name in ["nokube_session", "nokube_renewal"] {
        let valid = alice.cookies[name].clone();
        let path =
            if name == "nokube_session" { "/api/v1/auth/me" } else { "/api/v1/auth/session" };
        let method = if name == "nokube_session" { Method::GET } else { Method::POST };
        // Not the last character: base64 ignores some of its bits.
        for at in (0..valid.len() - 1).step_by(7) {
            let mut browser = alice.clone();
            browser.cookies.insert(name.into(), with_changed_char(&valid, at));
            let response = browser.send(browser.request(method.clone(), path)).await;
            assert_eq!(response.status, 401, "{name} at {at}: {}", response.text);
            assert!(!response.text.contains("alice"), "{}", response.text);
        }
    }
    // Two cookies with the same name: one may be an attacker's.
    let twice = format!("nokube_session={0}; nokube_session={0}", alice.cookies["nokube_session"]);
    let request =
        platform.anonymous().request(Method::GET, "/api/v1/auth/me").header("cookie", twice);
    Response::send(request).await.expect_problem(401);
    platform.finish().await;
}

#[tokio::test]
async fn a_sign_in_only_completes_in_the_browser_that_started_it_with_its_state_and_verifier() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::new(&platform);
    let callback = alice.authorize("alice").await;
    // Another browser, a new browser, another state, no state.
    let mut mallory = Browser::new(&platform);
    let mallorys_callback = mallory.authorize("mallory").await;
    mallory.get(&callback).await.expect_problem(400);
    Browser::new(&platform).get(&callback).await.expect_problem(400);
    let (path, state) = callback.rsplit_once("state=").unwrap();
    alice.get(&format!("{path}state={}", with_changed_char(state, 3))).await.expect_problem(400);
    alice.get(path.trim_end_matches('&')).await.expect_problem(400);
    // Another user's code with one's own state: the PKCE verifier does not match.
    let code = |callback: &str| {
        callback.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned()
    };
    let mixed = format!("/api/v1/auth/callback?code={}&state={state}", code(&mallorys_callback));
    alice.get(&mixed).await.expect_problem(400);
    assert!(!alice.cookies.contains_key("nokube_session"));
    // A code can be used once.
    assert_eq!(alice.get(&callback).await.status, 302);
    let mut other = Browser::new(&platform);
    let callback = other.authorize("alice").await;
    assert_eq!(other.get(&callback).await.status, 302);
    other.get(&callback).await.expect_problem(400);
    // Redirects after the sign-in stay on the platform.
    for bad in ["//evil.test", "https://evil.test", "/%5Cevil.test", "evil", "/a%0d%0aSet-Cookie:x"]
    {
        other.get(&format!("/api/v1/auth/login?return_to={bad}")).await.field_errors();
    }
    let login = other.get("/api/v1/auth/login?return_to=/projects/1&login=alice").await;
    let policy = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().redirect(policy).build().unwrap();
    let callback = location(&Response::send(client.get(location(&login))).await);
    let path = callback.strip_prefix(PLATFORM_URL).unwrap();
    assert_eq!(location(&other.get(path).await), "/projects/1");
    platform.finish().await;
}

#[tokio::test]
async fn changes_authenticated_by_a_cookie_must_come_from_the_platforms_own_page() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let body = json!({ "name": "myapp" });
    let post = || alice.request_without_origin(Method::POST, "/api/v1/projects").json(&body);
    let cross_origin = [
        post(),
        post().header("origin", "http://evil.test"),
        post().header("origin", "null"),
        post().header("sec-fetch-site", "cross-site"),
        post().header("sec-fetch-site", "same-site"),
        post().header("sec-fetch-site", "none"),
        post().header("origin", PLATFORM_URL).header("sec-fetch-site", "cross-site"),
        post().header("origin", "http://evil.test").header("sec-fetch-site", "same-origin"),
    ];
    for request in cross_origin {
        Response::send(request).await.expect_problem(403);
    }
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["total"], 0);
    Response::send(
        alice
            .request_without_origin(Method::POST, "/api/v1/projects")
            .json(&body)
            .header("sec-fetch-site", "same-origin"),
    )
    .await
    .expect(201);
    // Signing out and renewing are changes too.
    for method in [Method::POST, Method::DELETE] {
        let request = alice
            .request_without_origin(method, "/api/v1/auth/session")
            .header("origin", "http://evil.test");
        Response::send(request).await.expect_problem(403);
    }
    // Not for bearer tokens: browsers do not send them by themselves.
    let request = platform.user("bob").request(Method::POST, "/api/v1/projects");
    let request = request.json(&body).header("origin", "http://evil.test");
    Response::send(request).await.expect(201);
    platform.finish().await;
}

#[tokio::test]
async fn request_headers_neither_authenticate_nor_change_the_client_address() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let project = alice.create_project("myapp").await["id"].clone();
    let path = format!("/api/v1/projects/{project}");
    let with_forged_headers = |request: reqwest::RequestBuilder| {
        request
            .header("x-user", "alice")
            .header("x-forwarded-user", "alice")
            .header("x-forwarded-for", "10.0.0.1")
            .header("spin-client-addr", "0.0.0.0:0")
            .header("spin-path-match-project", "1")
            .header("spin-full-url", "http://auth.spin.internal/ready")
    };
    Response::send(with_forged_headers(platform.user("mallory").request(Method::GET, &path)))
        .await
        .expect_problem(404);
    Response::send(with_forged_headers(platform.anonymous().request(Method::GET, &path)))
        .await
        .expect_problem(401);
    let change = json!({ "description": "x" });
    Response::send(with_forged_headers(alice.request(Method::PATCH, &path)).json(&change))
        .await
        .expect(200);
    let audit_log = alice.get(&format!("{path}/audit")).await.expect(200);
    assert_eq!(audit_log["events"][0]["from"], "127.0.0.1", "the host's value, not the client's");
    // Internal routes are not reachable from outside.
    for path in ["/routes", "/ready/sign-in", "/ready/github", "/ready/registry", "/ready/cluster"]
    {
        assert_eq!(
            Response::send(with_forged_headers(platform.anonymous().request(Method::GET, path)))
                .await
                .status,
            404
        );
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_jwt_of_the_external_issuer_is_not_accepted_as_a_session_or_bearer_token() {
    let platform = TestPlatform::start().await;
    // A session that is signed with the external issuer's secret.
    let now = jiff::Timestamp::now().as_second();
    let session = json!({
        "iss": PLATFORM_URL, "aud": "session", "iat": now, "exp": now + 600, "login": "root",
        "person": { "issuer": "https://github.com", "subject": "1" }, "at_github": { "account": 1 },
        "standing": { "account": 1, "login": "root" },
    });
    for aud in ["session", "bearer"] {
        let mut claims = session.clone();
        claims["aud"] = json!(aud);
        let text = nokube_domain::jwt::sign(&claims, JWT_SECRET.as_bytes()).unwrap();
        platform.user_with_token(&text).get("/api/v1/auth/me").await.expect_problem(401);
        let cookie = format!("nokube_session={text}");
        let request = platform.anonymous().request(Method::GET, "/api/v1/auth/me");
        Response::send(request.header("cookie", cookie)).await.expect_problem(401);
    }
    // A subject of the external issuer with the administrator's name is not an administrator.
    let root = platform.user_with_claims(claims("root"));
    assert_eq!(root.get("/api/v1/auth/me").await.expect(200)["administrator"], false);
    root.get("/api/v1/auth/people/alice/audit").await.expect_problem(403);
    platform.finish().await;
}

#[tokio::test]
async fn responses_have_security_headers_and_cors_allows_listed_origins_only() {
    let platform =
        TestPlatform::config().variable("cors_origins", "https://app.example.org").start().await;
    let response = platform.user("alice").get("/api/v1/projects").await;
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(response.headers[name], value);
    }
    assert!(
        response.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let preflight = |origin: &str| {
        let request = platform.anonymous().request(Method::OPTIONS, "/api/v1/builds");
        Response::send(
            request.header("origin", origin).header("access-control-request-method", "POST"),
        )
    };
    let listed = preflight("https://app.example.org").await;
    assert_eq!(
        (listed.status, &listed.headers["access-control-allow-origin"]),
        (204, &"https://app.example.org".parse().unwrap())
    );
    let other = preflight("https://evil.test").await;
    assert!(other.status != 204 && !other.headers.contains_key("access-control-allow-origin"));
    assert!(!listed.headers.contains_key("access-control-allow-credentials"));
    platform.finish().await;
}
