//! What somebody has tampered with is refused, with the right status and nothing revealed.

use crate::browser::{Browser, location};
use nokube_tests::{Answer, JWT_SECRET, PLATFORM, World, claims};
use reqwest::Method;
use serde_json::json;

fn swapped(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_cookie_with_any_letter_changed_is_none() {
    let world = World::new().await;
    let alice = Browser::signed_in(&world, "alice").await;
    for name in ["nokube_session", "nokube_renewal"] {
        let good = alice.cookies[name].clone();
        let path =
            if name == "nokube_session" { "/api/v1/auth/me" } else { "/api/v1/auth/session" };
        let method = if name == "nokube_session" { Method::GET } else { Method::POST };
        // The last letter of base64 may hold bits that mean nothing.
        for at in (0..good.len() - 1).step_by(7) {
            let mut bad = alice.clone();
            bad.cookies.insert(name.into(), swapped(&good, at));
            let answer = bad.send(bad.request(method.clone(), path)).await;
            assert_eq!(answer.status, 401, "{name} at {at}: {}", answer.text);
            assert!(!answer.text.contains("alice"), "{}", answer.text);
        }
    }
    // Two of one name: somebody has planted one.
    let twice = format!("nokube_session={0}; nokube_session={0}", alice.cookies["nokube_session"]);
    let request = world.anybody().request(Method::GET, "/api/v1/auth/me").header("cookie", twice);
    Answer::of(request).await.problem(401);
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_ends_in_the_browser_that_began_it_with_its_own_state_and_verifier() {
    let world = World::new().await;
    let mut alice = Browser::new(&world);
    let back = alice.authorize("alice").await;
    // Another browser; no browser; another state; no state.
    let mut mallory = Browser::new(&world);
    let theirs = mallory.authorize("mallory").await;
    mallory.get(&back).await.problem(400);
    Browser::new(&world).get(&back).await.problem(400);
    let (path, state) = back.rsplit_once("state=").unwrap();
    alice.get(&format!("{path}state={}", swapped(state, 3))).await.problem(400);
    alice.get(path.trim_end_matches('&')).await.problem(400);
    // Another's code under one's own state: the verifier does not fit its challenge.
    let code =
        |back: &str| back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let mixed = format!("/api/v1/auth/callback?code={}&state={state}", code(&theirs));
    alice.get(&mixed).await.problem(400);
    assert!(!alice.cookies.contains_key("nokube_session"));
    // A code is good once.
    assert_eq!(alice.get(&back).await.status, 302);
    let mut again = Browser::new(&world);
    let own = again.authorize("alice").await;
    assert_eq!(again.get(&own).await.status, 302);
    again.get(&own).await.problem(400);
    // Nowhere else is the browser sent to.
    for bad in ["//evil.test", "https://evil.test", "/%5Cevil.test", "evil", "/a%0d%0aSet-Cookie:x"]
    {
        again.get(&format!("/api/v1/auth/login?return_to={bad}")).await.faults();
    }
    let there = again.get("/api/v1/auth/login?return_to=/projects/1&login=alice").await;
    let back = location(
        &Answer::of(
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap()
                .get(location(&there)),
        )
        .await,
    );
    assert_eq!(location(&again.get(back.strip_prefix(PLATFORM).unwrap()).await), "/projects/1");
    world.end().await;
}

#[tokio::test]
async fn a_change_with_a_cookie_comes_from_our_own_page_or_not_at_all() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let body = json!({ "name": "myapp" });
    let post = || alice.bare(Method::POST, "/api/v1/projects").json(&body);
    let refused = [
        post(),
        post().header("origin", "http://evil.test"),
        post().header("origin", "null"),
        post().header("sec-fetch-site", "cross-site"),
        post().header("sec-fetch-site", "same-site"),
        post().header("sec-fetch-site", "none"),
        post().header("origin", PLATFORM).header("sec-fetch-site", "cross-site"),
        post().header("origin", "http://evil.test").header("sec-fetch-site", "same-origin"),
    ];
    for request in refused {
        Answer::of(request).await.problem(403);
    }
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["total"], 0);
    Answer::of(
        alice
            .bare(Method::POST, "/api/v1/projects")
            .json(&body)
            .header("sec-fetch-site", "same-origin"),
    )
    .await
    .expect(201);
    // Signing out and renewing are changes too.
    for method in [Method::POST, Method::DELETE] {
        let request =
            alice.bare(method, "/api/v1/auth/session").header("origin", "http://evil.test");
        Answer::of(request).await.problem(403);
    }
    // A bearer token is no cookie: no page can make a browser send it.
    let mut wanted = world.user("bob").request(Method::POST, "/api/v1/projects");
    wanted = wanted.json(&body).header("origin", "http://evil.test");
    Answer::of(wanted).await.expect(201);
    world.end().await;
}

#[tokio::test]
async fn no_header_of_a_client_makes_them_somebody_or_hides_where_they_come_from() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let project = alice.project("myapp").await["id"].clone();
    let path = format!("/api/v1/projects/{project}");
    let forged = |request: reqwest::RequestBuilder| {
        request
            .header("x-user", "alice")
            .header("x-forwarded-user", "alice")
            .header("x-forwarded-for", "10.0.0.1")
            .header("spin-client-addr", "0.0.0.0:0")
            .header("spin-path-match-project", "1")
            .header("spin-full-url", "http://auth.spin.internal/ready")
    };
    Answer::of(forged(world.user("mallory").request(Method::GET, &path))).await.problem(404);
    Answer::of(forged(world.anybody().request(Method::GET, &path))).await.problem(401);
    let change = json!({ "description": "x" });
    Answer::of(forged(alice.request(Method::PATCH, &path)).json(&change)).await.expect(200);
    let trail = alice.get(&format!("{path}/audit")).await.expect(200);
    assert_eq!(trail["events"][0]["from"], "127.0.0.1", "the host's own word, not the client's");
    // What is reached by chaining only is not reached from outside.
    for path in ["/routes", "/ready/sign-in", "/ready/cluster"] {
        assert_eq!(
            Answer::of(forged(world.anybody().request(Method::GET, path))).await.status,
            404
        );
    }
    world.end().await;
}

#[tokio::test]
async fn an_outside_token_cannot_pass_for_one_of_ours() {
    let world = World::new().await;
    // The outside issuer's secret signs no session, whatever the token says.
    let now = jiff::Timestamp::now().as_second();
    let ours = json!({
        "iss": PLATFORM, "aud": "session", "iat": now, "exp": now + 600, "login": "root",
        "person": { "issuer": "https://github.com", "subject": "1" }, "at_github": { "account": 1 },
        "standing": { "account": 1, "login": "root" },
    });
    for aud in ["session", "bearer"] {
        let mut claims = ours.clone();
        claims["aud"] = json!(aud);
        let text = nokube_domain::jwt::sign_any(&claims, JWT_SECRET.as_bytes()).unwrap();
        world.bearer(&text).get("/api/v1/auth/me").await.problem(401);
        let cookie = format!("nokube_session={text}");
        let request = world.anybody().request(Method::GET, "/api/v1/auth/me");
        Answer::of(request.header("cookie", cookie)).await.problem(401);
    }
    // An outside subject named like the administrator is not the administrator.
    let root = world.user_with(claims("root"));
    assert_eq!(root.get("/api/v1/auth/me").await.expect(200)["administrator"], false);
    root.get("/api/v1/auth/people/alice/audit").await.problem(403);
    world.end().await;
}

#[tokio::test]
async fn answers_are_private_and_other_pages_are_shut_out_unless_listed() {
    let world = World::plan().set("cors_origins", "https://app.example.org").start().await;
    let answer = world.user("alice").get("/api/v1/projects").await;
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
    assert!(
        answer.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let preflight = |origin: &str| {
        let request = world.anybody().request(Method::OPTIONS, "/api/v1/builds");
        Answer::of(request.header("origin", origin).header("access-control-request-method", "POST"))
    };
    let listed = preflight("https://app.example.org").await;
    assert_eq!(
        (listed.status, &listed.headers["access-control-allow-origin"]),
        (204, &"https://app.example.org".parse().unwrap())
    );
    let other = preflight("https://evil.test").await;
    assert!(other.status != 204 && !other.headers.contains_key("access-control-allow-origin"));
    assert!(!listed.headers.contains_key("access-control-allow-credentials"));
    world.end().await;
}
