//! Signing in with GitHub, staying signed in, and being signed out.

use crate::browser::{Browser, location};
use nokube_tests::{SESSION_SECRET, World};
use reqwest::Method;
use serde_json::{Value, json};

const SESSION: &str = "nokube_session";
const RENEWAL: &str = "nokube_renewal";

#[tokio::test]
async fn somebody_signs_in_makes_a_project_and_a_token_and_signs_out() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let me = alice.get("/api/v1/auth/me").await.expect(200);
    assert_eq!((&me["username"], &me["login"]), (&json!("alice"), &json!("alice")));
    assert_eq!((&me["via"], &me["administrator"]), (&json!("session"), &json!(false)));
    assert_eq!(me["issuer"], "https://github.com");
    assert_eq!(alice.project("myapp").await["owner"], "alice");
    let (number, token) = alice.token(&["read"]).await;
    let machine = world.bearer(&token);
    machine.get("/api/v1/projects").await.expect(200);
    assert_eq!(alice.delete(&format!("/api/v1/auth/tokens/{number}")).await.status, 204);
    machine.get("/api/v1/projects").await.problem(401);

    assert_eq!(alice.delete("/api/v1/auth/session").await.status, 204);
    assert!(alice.cookies.is_empty());
    alice.get("/api/v1/auth/me").await.problem(401);
    world.end().await;
}

#[tokio::test]
async fn without_lists_nobody_but_the_administrators_gets_in_and_ready_says_so() {
    let world = World::plan().set("auth_allowed_users", "").start().await;
    let mut alice = Browser::new(&world);
    assert!(alice.sign_in("alice").await.problem(403).contains("may not sign in"));
    assert!(!alice.cookies.contains_key(SESSION));
    let mut root = Browser::signed_in(&world, "root").await;
    assert_eq!(root.get("/api/v1/auth/me").await.expect(200)["administrator"], true);
    let ready = world.operator().get("/ready").await.text;
    assert!(ready.contains("may sign in: only 1 administrator;"), "{ready}");
    world.end().await;

    let world =
        World::plan().set("auth_allowed_users", "").set("auth_administrators", "").start().await;
    Browser::new(&world).sign_in("root").await.problem(403);
    assert!(world.operator().get("/ready").await.text.contains("nobody may sign in"));
    world.end().await;
}

#[tokio::test]
async fn a_browser_that_may_not_come_in_is_shown_a_page_and_no_text_of_anybodys() {
    let world = World::plan().set("auth_allowed_users", "").start().await;
    let mut alice = Browser::new(&world);
    let back = alice.authorize("alice").await;
    let request = alice.bare(Method::GET, &back).header("accept", "text/html,*/*;q=0.8");
    let refused = alice.send(request).await;
    assert_eq!((refused.status, location(&refused).as_str()), (302, "/?sign_in=forbidden"));
    assert!(alice.cookies.is_empty(), "neither a session nor what the sign-in was begun with");
    world.end().await;
}

#[tokio::test]
async fn members_of_listed_organisations_and_teams_get_in() {
    let world = World::plan()
        .set("auth_allowed_users", "")
        .set("auth_allowed_organisations", "Acme")
        .set("auth_allowed_teams", "acme/ops, other/dev")
        .start()
        .await;
    world.sim.add_member("acme", "dave");
    world.sim.add_member("other/dev", "erin");
    world.sim.add_member("other", "frank");
    Browser::signed_in(&world, "dave").await;
    Browser::signed_in(&world, "erin").await;
    Browser::new(&world).sign_in("frank").await.problem(403);
    world.end().await;
}

/// An administrator who gave up their login does not make its next owner one.
#[tokio::test]
async fn a_listed_login_is_the_account_that_first_came_with_it() {
    let mut world = World::new().await;
    let mut first = Browser::signed_in(&world, "root").await;
    assert!(world.operator().get("/ready").await.text.contains("id:NUMBER"));
    world.sim.login_changes_hands("root");
    let refused = Browser::new(&world).sign_in("root").await.problem(403);
    assert!(refused.contains("another account's"), "{refused}");
    first.post("/api/v1/auth/session", &json!({})).await.expect(200);
    assert_eq!(first.get("/api/v1/auth/me").await.expect(200)["administrator"], true);
    let number = refused.split("id:").nth(1).unwrap().trim_end_matches('.').to_owned();
    world.set("auth_allowed_users", &format!("id:{number}"));
    world.restart().await;
    let mut second = Browser::signed_in(&world, "root").await;
    assert_eq!(second.get("/api/v1/auth/me").await.expect(200)["administrator"], false);
    world.end().await;
}

/// Behind a server in front all come from one address: who is half way is counted by itself.
#[tokio::test]
async fn a_flood_of_sign_ins_does_not_stop_who_is_half_way() {
    let world = World::plan().set("limit_sign_ins_per_minute", "3").start().await;
    let mut alice = Browser::new(&world);
    let back = alice.authorize("alice").await;
    let mut mallory = Browser::new(&world);
    let guess = mallory.authorize("mallory").await.replace("code=", "code=guessed");
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(Browser::new(&world).get("/api/v1/auth/login").await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    // Nor do those who come back with nothing, who guess, or who ask for tokens.
    let mut guesses = Vec::new();
    for _ in 0..10 {
        Browser::new(&world).get("/api/v1/auth/callback?code=x&state=y").await.problem(400);
        Browser::new(&world).post("/api/v1/auth/token", &json!({})).await;
        guesses.push(mallory.get(&guess).await.status);
    }
    assert!(guesses.contains(&400) && guesses.contains(&429), "{guesses:?}");
    assert_eq!(alice.get(&back).await.status, 302);
    world.end().await;
}

#[tokio::test]
async fn behind_tls_ready_asks_for_the_header_with_the_clients_address() {
    let plan = || World::plan().set("platform_url", "https://nokube.example.org");
    for (header, warned) in [("", true), ("x-forwarded-for", false)] {
        let world = plan().set("client_address_header", header).start().await;
        let ready = world.operator().get("/ready").await;
        assert_eq!(ready.expect(200)["ready"], true);
        assert_eq!(ready.text.contains("set client_address_header"), warned, "{}", ready.text);
        world.end().await;
    }
}

#[tokio::test]
async fn a_session_is_renewed_until_somebody_signs_out_anywhere() {
    let world = World::new().await;
    let mut laptop = Browser::signed_in(&world, "alice").await;
    let mut phone = Browser::signed_in(&world, "alice").await;
    let before = laptop.cookies.remove(SESSION).unwrap();
    laptop.get("/api/v1/auth/me").await.problem(401);
    laptop.post("/api/v1/auth/session", &json!({})).await.expect(200);
    assert!(laptop.cookies.contains_key(SESSION) && !before.is_empty());
    laptop.get("/api/v1/auth/me").await.expect(200);

    assert_eq!(phone.delete("/api/v1/auth/session").await.status, 204);
    // Ten minutes at most; renewed it is not.
    laptop.post("/api/v1/auth/session", &json!({})).await.problem(401);
    assert!(laptop.cookies.is_empty());
    Browser::signed_in(&world, "alice").await;
    world.end().await;
}

#[tokio::test]
async fn whose_access_is_taken_away_is_out_at_the_next_renewal_and_their_tokens_at_once() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let mut root = Browser::signed_in(&world, "root").await;
    let (_, token) = alice.token(&["read", "build", "deploy"]).await;
    world.bearer(&token).get("/api/v1/projects").await.expect(200);
    let block = "/api/v1/auth/people/alice/block";
    alice.put(block, &json!({})).await.problem(403);
    assert_eq!(root.put(block, &json!({})).await.status, 204);
    world.bearer(&token).get("/api/v1/projects").await.problem(401);
    // Not even with a session that is still running.
    let body = json!({ "name": "another", "scopes": ["read"] });
    alice.post("/api/v1/auth/tokens", &body).await.problem(403);
    alice.post("/api/v1/auth/session", &json!({})).await.problem(401);
    Browser::new(&world).sign_in("alice").await.problem(403);
    let trail = root.get("/api/v1/auth/people/alice/audit").await.expect(200);
    let actions: Vec<_> =
        trail["events"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(actions, ["person.block", "token.create", "session.begin"]);
    assert_eq!(trail["events"][0]["by"]["login"], "root");
    assert_eq!(trail["events"][0]["from"], "127.0.0.1");
    assert_eq!(root.delete(block).await.status, 204);
    let mut alice = Browser::signed_in(&world, "alice").await;
    // Of herself she sees from where, of the administrator not.
    let own = alice.get("/api/v1/auth/audit").await.expect(200);
    let from = own["events"].as_array().unwrap().iter().map(|e| (&e["action"], &e["from"]));
    let (here, nowhere) = (json!("127.0.0.1"), Value::Null);
    let expected = [
        ("session.begin", &here),
        ("person.unblock", &nowhere),
        ("person.block", &nowhere),
        ("token.create", &here),
        ("session.begin", &here),
    ];
    let from: Vec<_> = from.map(|(action, from)| (action.as_str().unwrap(), from)).collect();
    assert_eq!(from, expected);
    world.end().await;
}

#[tokio::test]
async fn who_is_listed_no_more_is_out() {
    let mut world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let (_, token) = alice.token(&["read"]).await;
    world.set("auth_allowed_users", "bob");
    world.restart().await;
    alice.base = world.host().url();
    world.bearer(&token).get("/api/v1/projects").await.problem(401);
    alice.post("/api/v1/auth/session", &json!({})).await.problem(401);
    world.end().await;
}

#[tokio::test]
async fn the_sessions_key_is_rotated_without_signing_anybody_out() {
    let mut world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let begun = alice.authorize("alice").await; // A sign-in under way, too.
    world.set("auth_session_secret", "sentinel-session-secret-two-of-32-bytes");
    world.set("auth_session_secret_previous", SESSION_SECRET);
    world.restart().await;
    alice.base = world.host().url();
    alice.get("/api/v1/auth/me").await.expect(200);
    alice.post("/api/v1/auth/session", &json!({})).await.expect(200);
    assert_eq!(alice.get(&begun).await.status, 302);
    world.set("auth_session_secret_previous", "");
    world.restart().await;
    alice.base = world.host().url();
    alice.get("/api/v1/auth/me").await.expect(200);
    world.end().await;
}

#[tokio::test]
async fn a_command_line_signs_in_by_a_code() {
    let world = World::new().await;
    let anybody = world.anybody();
    let device = anybody.post("/api/v1/auth/device", &json!({})).await.expect(200);
    let form = |fields: &[(&str, &str)]| {
        let text = fields.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&");
        anybody
            .request(Method::POST, "/api/v1/auth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(text)
    };
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let code = device["device_code"].as_str().unwrap();
    let ask = || form(&[("grant_type", grant), ("device_code", code)]);
    let pending = nokube_tests::Answer::of(ask()).await;
    pending.problem(400);
    assert_eq!(pending.expect(400)["error"], "authorization_pending");

    let page = device["verification_uri"].as_str().unwrap();
    let enter = format!("{page}?user_code={}&login=alice", device["user_code"].as_str().unwrap());
    assert_eq!(nokube_tests::Answer::of(reqwest::Client::new().get(enter)).await.status, 200);
    let issued = nokube_tests::Answer::of(ask()).await.expect(200);
    let alice = world.bearer(issued["access_token"].as_str().unwrap());
    let me = alice.get("/api/v1/auth/me").await.expect(200);
    assert_eq!((&me["login"], &me["via"]), (&json!("alice"), &json!("bearer")));

    let refresh = issued["refresh_token"].as_str().unwrap();
    let again = form(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
    let again = nokube_tests::Answer::of(again).await.expect(200);
    world.bearer(again["access_token"].as_str().unwrap()).get("/api/v1/builds").await.expect(200);
    assert_eq!(alice.delete("/api/v1/auth/sessions").await.status, 204);
    let over = form(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
    assert_eq!(nokube_tests::Answer::of(over).await.expect(400)["error"], "invalid_grant");
    // What renews a sign-in is no bearer token.
    world.bearer(refresh).get("/api/v1/auth/me").await.problem(401);
    world.end().await;
}

#[tokio::test]
async fn behind_tls_cookies_are_for_tls_alone() {
    let world = World::plan().set("platform_url", "https://nokube.example.org").start().await;
    let mut browser = Browser::new(&world);
    let there = browser.get("/api/v1/auth/login").await;
    assert!(location(&there).contains("code_challenge_method=S256"));
    let cookie = there.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-nokube_sign_in=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert!(cookie.contains("Path=/;") && there.headers.contains_key("strict-transport-security"));
    assert!(!browser.cookies.contains_key(RENEWAL));
    world.end().await;
}

#[tokio::test]
async fn the_door_for_trying_things_out_is_in_the_simulated_github_alone() {
    // A platform that is not told of it sends browsers to github.com, whatever is asked for.
    let world = World::plan().set("github_sign_in_url", "https://github.com").start().await;
    let there = Browser::new(&world).get("/api/v1/auth/login?login=alice").await;
    assert!(location(&there).starts_with("https://github.com/login/oauth/authorize?"));
    assert!(!there.headers["set-cookie"].to_str().unwrap().contains(SESSION));
    let world_without =
        World::plan().set("github_oauth_client_id", "").set("github_oauth_client_secret", "");
    let closed = world_without.start().await;
    Browser::new(&closed).get("/api/v1/auth/login?login=alice").await.problem(503);
    world.end().await;
    closed.end().await;
}
