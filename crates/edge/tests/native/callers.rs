//! Who is calling, and whether their credential suffices.

use crate::ROUTES;
use nokube_domain::{
    Person,
    access::GitHubIdentity,
    scope::{Scope, Scopes},
    session::{Identity, Purpose, SigningKeys},
    token::{API_TOKEN_PREFIX, OpaqueToken, REFRESH_TOKEN_PREFIX, TokenRecord},
};
use nokube_edge::{
    now,
    store::{Store, keys},
};
use nokube_test_host::{Client, PLATFORM_URL, SESSION_SECRET, TestHost};
use serde_json::json;
use std::rc::Rc;

fn identity(login: &str) -> Identity {
    Identity {
        person: Person { issuer: "nokube".into(), subject: login.into() },
        login: login.parse().unwrap(),
        github_identity: GitHubIdentity::Login,
        github_membership: None,
    }
}

/// Alice in her browser.
fn browser(host: &Rc<TestHost>) -> Client {
    let keys = SigningKeys { issuer: PLATFORM_URL, secret: SESSION_SECRET, previous_secret: "" };
    let second = now().as_second();
    let session = keys.sign(Purpose::Session, &identity("alice"), second, second + 600).unwrap();
    host.anybody(ROUTES).with_header("cookie", &format!("nokube_session={session}"))
}

/// An API token of Alice, and its record.
pub fn store_token(host: &TestHost, scopes: &[Scope]) -> OpaqueToken {
    let token = OpaqueToken::from_random_bytes(API_TOKEN_PREFIX, &[7; 32]);
    let record = TokenRecord {
        identity: identity("alice"),
        number: 1,
        name: "laptop".into(),
        scopes: Scopes::for_api_token(scopes.iter().copied()),
        expires_at: "2026-03-09T09:00:00Z".parse().unwrap(),
        unknown_fields: Default::default(),
    };
    let hash = token.hash();
    host.run(async move {
        let store = Store::open().await.unwrap();
        store.set(keys::token(&hash), &record).await.unwrap();
    });
    token
}

fn block(host: &TestHost, login: &'static str) {
    host.run(async move {
        let store = Store::open().await.unwrap();
        store.set(keys::blocked(&identity(login).person), &true).await.unwrap();
    });
}

#[test]
fn a_route_for_signed_in_people_needs_a_valid_token() {
    let host = TestHost::install();
    let response = host.anybody(ROUTES).get("/things");
    response.expect(401);
    assert_eq!(response.header("www-authenticate"), "Bearer");

    let alice = host.user(ROUTES, "alice");
    assert_eq!(alice.get("/things").expect(200), json!({ "login": "alice", "via": "issuer" }));
    let forged = host.anybody(ROUTES).with_header("authorization", "Bearer a.b.c");
    forged.get("/things").expect(401);
    let twice = alice.with_header("authorization", "Bearer another");
    twice.get("/things").expect(401);
    host.wait(25 * 3600);
    let detail = alice.get("/things").expect(401)["detail"].to_string();
    assert!(detail.contains("Sign in again"), "{detail}");
}

#[test]
fn a_browser_may_change_something_only_from_the_platforms_own_pages() {
    let host = TestHost::install();
    let browser = browser(&host);
    assert_eq!(browser.get("/things").expect(200)["via"], "session");
    browser.post("/things", &json!({})).expect(403);
    let elsewhere = browser.with_header("origin", "https://elsewhere.example.org");
    elsewhere.post("/things", &json!({})).expect(403);
    elsewhere.get("/things").expect(200);
    let page = browser.with_header("origin", PLATFORM_URL);
    page.post("/things", &json!({})).expect(200);

    host.wait(601);
    let detail = browser.get("/things").expect(401)["detail"].to_string();
    assert!(detail.contains("POST /api/v1/auth/session"), "{detail}");
}

/// A service of somebody else, at a neighbouring host, cannot see what it reads with its visitor's cookies. But each
/// read counts.
#[test]
fn no_other_page_uses_up_what_its_visitor_may_read() {
    let host = TestHost::install();
    host.set("limit_reads_per_minute", "5");
    let browser = browser(&host);
    let from = |site: &str, dest: &str| {
        let page = browser.with_header("sec-fetch-site", site);
        page.with_header("sec-fetch-dest", dest).get("/things").status
    };
    for site in ["same-site", "cross-site"] {
        for dest in ["empty", "image", "script", "iframe", "document-fragment", ""] {
            assert_eq!(from(site, dest), 403, "{site} {dest}");
        }
    }
    // The platform's own page, an address that was typed, and a link.
    let own = [("same-origin", "empty"), ("none", "document"), ("cross-site", "document")];
    assert_eq!(own.map(|(site, dest)| from(site, dest)), [200; 3]);
    assert_eq!(browser.with_header("sec-fetch-site", "same-site").get("/things").status, 403);
    assert_eq!(browser.get("/things").status, 200, "an old browser");
    // A program chooses its headers, and sends no cookies.
    let program = host.user(ROUTES, "alice").with_header("sec-fetch-site", "cross-site");
    assert_eq!([program.get("/things").status, program.get("/things").status], [200, 429]);
}

#[test]
fn renewing_a_session_needs_its_cookie_and_one_of_the_platforms_own_pages() {
    let host = TestHost::install();
    let page = host.anybody(ROUTES).with_header("origin", PLATFORM_URL);
    page.post("/session", &json!({})).expect(401);
    let token = format!("{REFRESH_TOKEN_PREFIX}{}", "a".repeat(52));
    let signed_in = page.with_header("cookie", &format!("nokube_renewal={token}"));
    let response = signed_in.post("/session", &json!({}));
    assert_eq!((response.status, response.text), (200, token.clone()));
    let elsewhere = host
        .anybody(ROUTES)
        .with_header("cookie", &format!("nokube_renewal={token}"))
        .with_header("origin", "https://elsewhere.example.org");
    elsewhere.post("/session", &json!({})).expect(403);
}

#[test]
fn an_api_token_can_do_what_its_scopes_say_until_it_is_revoked() {
    let host = TestHost::install();
    host.set("auth_issuer_token_days", "30");
    let token = store_token(&host, &[Scope::Read]);
    let bearer = format!("Bearer {}", token.reveal());
    let program = host.anybody(ROUTES).with_header("authorization", &bearer);
    assert_eq!(program.get("/things").expect(200)["via"], "token");
    let detail = program.post("/things", &json!({})).expect(403)["detail"].clone();
    assert_eq!(detail, "This needs a token with the scope 'build'.");
    program.get("/metrics").expect(403);

    // Revoking deletes the record and then the copy for the day.
    let hash = token.hash();
    host.run(async move {
        let store = Store::open().await.unwrap();
        store.delete(keys::token(&hash)).await.unwrap();
        store.delete(keys::daily_token(&hash)).await.unwrap();
    });
    program.get("/things").expect(401);
}

#[test]
fn an_api_token_expires() {
    let host = TestHost::install();
    host.set("auth_issuer_token_days", "30");
    let token = store_token(&host, &[Scope::Read]);
    let bearer = format!("Bearer {}", token.reveal());
    let program = host.anybody(ROUTES).with_header("authorization", &bearer);
    program.get("/things").expect(200);
    host.wait(7 * 24 * 3600);
    program.get("/things").expect(401);
}

#[test]
fn a_blocked_person_can_do_nothing_here() {
    let host = TestHost::install();
    let alice = host.user(ROUTES, "alice");
    alice.post("/things", &json!({})).expect(200);
    block(&host, "alice");
    let problem = alice.post("/things", &json!({})).expect(403);
    assert_eq!(problem["reason"], "blocked");
    host.user(ROUTES, "bob").post("/things", &json!({})).expect(200);
}

#[test]
fn a_route_for_administrators_refuses_others() {
    let host = TestHost::install();
    host.user(ROUTES, "alice").get("/metrics").expect(403);
    host.user(ROUTES, "root").get("/metrics").expect(200);
}

/// An instance remembers the tokens that it has verified.
#[test]
fn a_session_that_was_used_before_ends_as_any_other() {
    let host = TestHost::install();
    let alice = browser(&host);
    for _ in 0..2 {
        assert_eq!(alice.get("/things").expect(200)["via"], "session");
    }
    host.wait(599);
    alice.get("/things").expect(200);
    host.wait(1);
    let detail = alice.get("/things").expect(401)["detail"].to_string();
    assert!(detail.contains("has run out"), "{detail}");
}

/// The text of a token that was verified as a cookie proves nothing elsewhere.
#[test]
fn a_session_that_was_used_before_is_no_bearer_token() {
    let host = TestHost::install();
    let keys = SigningKeys { issuer: PLATFORM_URL, secret: SESSION_SECRET, previous_secret: "" };
    let second = now().as_second();
    let session = keys.sign(Purpose::Session, &identity("alice"), second, second + 600).unwrap();
    let cookie = format!("nokube_session={session}");
    host.anybody(ROUTES).with_header("cookie", &cookie).get("/things").expect(200);
    let bearer = host.anybody(ROUTES).with_header("authorization", &format!("Bearer {session}"));
    bearer.get("/things").expect(401);
    let forged = host.anybody(ROUTES).with_header("cookie", &format!("{cookie}x"));
    forged.get("/things").expect(401);
}
