//! The command line signs in with the browser: who may allow it, who gets the code's sign-in, and until when.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use auth::ROUTES;
use futures::future::join_all;
use nokube_domain::session::pkce_challenge;
use nokube_edge::host::LogLevel;
use nokube_test_host::{Client, PLATFORM_URL, Response, StoreFault, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const AUTHORIZATIONS: &str = "/api/v1/auth/authorizations";
const TOKEN: &str = "/api/v1/auth/token";
const TOKENS: &str = "/api/v1/auth/tokens";
const ME: &str = "/api/v1/auth/me";
const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
const STATE_AND_ISSUER: &str = "&state=its-own-state&iss=http%3A%2F%2Fnokube.test";
const VERIFIER: &str = "a-verifier-that-only-this-command-line-knows";

fn platform() -> Rc<TestHost> {
    let host = TestHost::install();
    host.set("auth_issuer_token_days", "30");
    let token = json!({ "access_token": "gho_x", "token_type": "bearer" });
    host.respond("POST", "https://github.com/login/oauth/access_token", 200, &token);
    host
}

/// A browser on the platform's page.
struct Browser {
    host: Rc<TestHost>,
    session: String,
    renewal: String,
}

impl Browser {
    fn sign_in(host: &Rc<TestHost>, login: &str) -> Self {
        let account = if login == "alice" { 1 } else { 2 };
        let user = json!({ "id": account, "login": login });
        host.respond("GET", "https://api.github.com/user", 200, &user);
        let client = host.anybody(ROUTES);
        let started = client.get("/api/v1/auth/login");
        let pending = cookies(&started).remove(0);
        let (_, state) = started.header("location").split_once("&state=").unwrap();
        let state = state.split('&').next().unwrap();
        let callback = format!("/api/v1/auth/callback?code=x&state={state}");
        let signed_in = client.with_header("cookie", &pending).get(&callback);
        assert_eq!(signed_in.status, 302, "{}", signed_in.text);
        let mut cookies = cookies(&signed_in);
        let (session, renewal) = (cookies.remove(0), cookies.remove(0));
        assert!(session.starts_with("nokube_session=") && renewal.starts_with("nokube_renewal="));
        Self { host: host.clone(), session, renewal }
    }

    fn client(&self) -> Client {
        with_cookies(&self.host, &[&self.session, &self.renewal])
            .with_header("origin", PLATFORM_URL)
    }

    fn allow(&self, request: &Value) -> Response {
        self.client().post(AUTHORIZATIONS, request)
    }

    /// Allows the command line to sign in. Returns the code.
    fn code(&self) -> String {
        let allowed = self.allow(&request()).expect(201);
        code_in(allowed["redirect_to"].as_str().unwrap())
    }

    fn renew(&mut self) {
        let renewed = self.client().post("/api/v1/auth/session", &json!({}));
        renewed.expect(200);
        self.session = cookies(&renewed).remove(0);
    }
}

/// The cookies that a response sets, without their attributes.
fn cookies(response: &Response) -> Vec<String> {
    let all = response.headers.get_all("set-cookie").iter();
    all.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
}

fn with_cookies(host: &Rc<TestHost>, cookies: &[&str]) -> Client {
    host.anybody(ROUTES).with_header("cookie", &cookies.join("; "))
}

fn code_in(redirect_to: &str) -> String {
    let rest = redirect_to.strip_prefix(REDIRECT_URI).expect("to the command line");
    let code = rest.strip_prefix("?code=").unwrap().strip_suffix(STATE_AND_ISSUER).unwrap();
    assert!(code.starts_with("nkc_") && code.len() == 56, "{code}");
    code.to_owned()
}

fn request() -> Value {
    json!({
        "client_id": "nokube-cli", "redirect_uri": REDIRECT_URI, "state": "its-own-state",
        "code_challenge": pkce_challenge(VERIFIER), "code_challenge_method": "S256",
    })
}

fn grant(code: &str) -> Value {
    json!({
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI,
        "client_id": "nokube-cli", "code_verifier": VERIFIER,
    })
}

fn redeem(host: &Rc<TestHost>, grant: &Value) -> Response {
    host.anybody(ROUTES).post(TOKEN, grant)
}

fn with_token(host: &Rc<TestHost>, token: &Value) -> Client {
    let token = format!("Bearer {}", token.as_str().unwrap());
    host.anybody(ROUTES).with_header("authorization", &token)
}

fn expect_invalid_grant(response: &Response) {
    assert_eq!(response.expect(400)["error"], "invalid_grant", "{}", response.text);
}

#[test]
fn the_command_line_gets_a_short_lived_bearer_token_and_creates_an_api_token_with_it() {
    let host = platform();
    let alice = Browser::sign_in(&host, "alice");
    let issued = redeem(&host, &grant(&alice.code())).expect(200);
    assert_eq!((&issued["token_type"], &issued["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(issued["scope"], "read build deploy projects metrics reconcile account");
    assert!(issued.get("refresh_token").is_none(), "{issued}");

    let command_line = with_token(&host, &issued["access_token"]);
    let me = command_line.get(ME).expect(200);
    assert_eq!((&me["login"], &me["via"]), (&json!("alice"), &json!("bearer")));
    let new = json!({ "name": "nokube", "scopes": ["read", "build", "deploy", "projects"] });
    let token = command_line.post(TOKENS, &new).expect(201);
    let command_line = with_token(&host, &token["token"]);
    assert_eq!(
        command_line.get(ME).expect(200)["scopes"],
        json!(["read", "build", "deploy", "projects"]),
    );
    command_line.post(TOKENS, &new).expect(403);

    let log = alice.client().get("/api/v1/auth/audit").expect(200);
    let events = log["events"].as_array().unwrap().iter();
    let events: Vec<_> = events.map(|event| json!([event["action"], event["by"]["via"]])).collect();
    assert_eq!(
        events,
        [
            json!(["token.create", "bearer"]),
            json!(["session.begin", "authorization_code"]),
            json!(["session.begin", "github"]),
        ],
    );
}

#[test]
fn of_many_requests_with_one_code_one_gets_a_token() {
    let host = platform();
    let alice = Browser::sign_in(&host, "alice");
    let (code, other) = (alice.code(), alice.code());
    let body = grant(&code);
    let all: Vec<_> =
        (0..30).map(|_| host.anybody(ROUTES).start("POST", TOKEN, Some(&body))).collect();
    let all = host.run(join_all(all));
    let (issued, refused): (Vec<_>, Vec<_>) =
        all.iter().partition(|response| response.status == 200);
    assert_eq!(issued.len(), 1);
    refused.into_iter().for_each(expect_invalid_grant);
    expect_invalid_grant(&redeem(&host, &body));
    redeem(&host, &grant(&other)).expect(200);
}

#[test]
fn somebody_who_has_seen_the_code_cannot_use_it_and_the_command_line_still_can() {
    let host = platform();
    let alice = Browser::sign_in(&host, "alice");
    let code = alice.code();
    let with = |field: &str, value: &str| {
        let mut body = grant(&code);
        body[field] = value.into();
        redeem(&host, &body)
    };
    let challenge = pkce_challenge(VERIFIER);
    let too_long = format!("{code}a");
    for (field, value) in [
        ("code_verifier", challenge.as_str()),
        ("code_verifier", "another-verifier-that-is-as-long-as-the-real"),
        ("code_verifier", ""),
        ("redirect_uri", "http://127.0.0.1:49153/callback"),
        ("redirect_uri", "http://[::1]:49152/callback"),
        ("redirect_uri", "http://localhost:49152/callback"),
        ("code", &too_long),
        ("code", &code.to_uppercase()),
        ("code", ""),
    ] {
        expect_invalid_grant(&with(field, value));
    }
    assert_eq!(with("client_id", "other").expect(400)["error"], "invalid_client");
    for field in ["code", "code_verifier", "redirect_uri", "client_id"] {
        let mut body = grant(&code);
        body.as_object_mut().unwrap().remove(field);
        redeem(&host, &body).expect(422);
    }
    redeem(&host, &grant(&code)).expect(200);
    // A code of one sign-in is no other credential.
    let code = alice.code();
    with_token(&host, &json!(code)).get(ME).expect(401);
    let refresh = json!({ "grant_type": "refresh_token", "refresh_token": code });
    expect_invalid_grant(&redeem(&host, &refresh));
    let renewal = alice.renewal.strip_prefix("nokube_renewal=").unwrap();
    expect_invalid_grant(&redeem(&host, &grant(renewal)));
}

#[test]
fn only_the_session_of_a_browser_on_the_platforms_page_allows_a_sign_in() {
    let host = platform();
    let (alice, bob) = (Browser::sign_in(&host, "alice"), Browser::sign_in(&host, "bob"));
    let bearer = redeem(&host, &grant(&alice.code())).expect(200)["access_token"].clone();
    let new = json!({ "name": "nokube", "scopes": ["read", "build", "deploy", "projects"] });
    let token = with_token(&host, &bearer).post(TOKENS, &new).expect(201)["token"].clone();
    let stored = host.stored();

    let issuer = host.user(ROUTES, "alice");
    for program in [with_token(&host, &bearer), with_token(&host, &token), issuer] {
        let with_cookies = program
            .with_header("cookie", &format!("{}; {}", alice.session, alice.renewal))
            .with_header("origin", PLATFORM_URL);
        for program in [program, with_cookies] {
            program.post(AUTHORIZATIONS, &request()).expect(403);
            program.post(AUTHORIZATIONS, &json!({})).expect(403);
        }
    }
    let both = [alice.session.as_str(), &alice.renewal];
    for origin in
        ["http://evil.test", "null", "http://nokube.test.evil.test", "https://nokube.test"]
    {
        let page = with_cookies(&host, &both).with_header("origin", origin);
        page.post(AUTHORIZATIONS, &request()).expect(403);
    }
    with_cookies(&host, &both).post(AUTHORIZATIONS, &request()).expect(403);
    let same_site = alice.client().with_header("sec-fetch-site", "same-site");
    same_site.post(AUTHORIZATIONS, &request()).expect(403);

    for cookies in [
        vec![],
        vec![alice.session.as_str()],
        vec![alice.renewal.as_str()],
        vec![&alice.session, &bob.renewal],
        vec![&bob.session, &alice.renewal],
        // Somebody has planted another one.
        vec![&alice.session, &alice.renewal, &bob.renewal],
    ] {
        let page = with_cookies(&host, &cookies).with_header("origin", PLATFORM_URL);
        page.post(AUTHORIZATIONS, &request()).expect(401);
    }
    let codes = |stored: std::collections::BTreeMap<String, String>| {
        stored.into_keys().filter(|key| key.starts_with("authorization/")).count()
    };
    assert_eq!(codes(host.stored()), codes(stored), "none of them has made a code");
}

#[test]
fn all_faults_of_a_request_are_in_one_response() {
    let host = platform();
    let alice = Browser::sign_in(&host, "alice");
    let problem = alice.allow(&json!({ "redirect_uri": "https://evil.test/callback" })).expect(422);
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(
        fields,
        ["client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state"],
    );
    let path = format!("{AUTHORIZATIONS}?redirect_uri=x");
    alice.client().post(&path, &request()).expect(422);
}

#[test]
fn a_code_is_valid_for_less_than_a_minute() {
    for (seconds, is_valid) in [(0, true), (59, true), (60, false), (61, false)] {
        let host = platform();
        let code = Browser::sign_in(&host, "alice").code();
        host.wait(seconds);
        let response = redeem(&host, &grant(&code));
        match is_valid {
            true => drop(response.expect(200)),
            false => expect_invalid_grant(&response),
        }
    }
}

/// Both orders: the sign-in ends before and after it has allowed the command line to sign in.
#[test]
fn no_code_outlives_the_sign_in_that_it_came_from() {
    let ends: [fn(&Rc<TestHost>, &Browser); 3] = [
        |_, alice| assert_eq!(alice.client().delete("/api/v1/auth/session").status, 204),
        |_, alice| assert_eq!(alice.client().delete("/api/v1/auth/sessions").status, 204),
        |host, _| {
            let block = "/api/v1/auth/people/alice/block";
            host.run(host.user(ROUTES, "root").start("PUT", block, None)).expect(204);
        },
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let host = platform();
        let alice = Browser::sign_in(&host, "alice");
        let code = alice.code();
        end(&host, &alice);
        expect_invalid_grant(&redeem(&host, &grant(&code)));
        // The session is valid for some minutes more. A blocked person gets 403.
        let status = alice.allow(&request()).status;
        assert_eq!(status, if number == 2 { 403 } else { 401 });
        if number == 2 {
            let unblock = "/api/v1/auth/people/alice/block";
            host.user(ROUTES, "root").delete(unblock).expect(204);
        }
        expect_invalid_grant(&redeem(&host, &grant(&code)));
        host.wait(1);
        let again = Browser::sign_in(&host, "alice");
        expect_invalid_grant(&redeem(&host, &grant(&code)));
        redeem(&host, &grant(&again.code())).expect(200);
    }
}

#[test]
fn the_bearer_token_never_outlives_the_browsers_sign_in() {
    let host = platform();
    host.set("auth_sign_in_hours", "1");
    let mut alice = Browser::sign_in(&host, "alice");
    host.wait(3_570);
    alice.renew();
    let (first, second) = (alice.code(), alice.code());
    let issued = redeem(&host, &grant(&first)).expect(200);
    assert_eq!(issued["expires_in"], 30);
    host.wait(30);
    expect_invalid_grant(&redeem(&host, &grant(&second)));
    with_token(&host, &issued["access_token"]).get(ME).expect(401);
}

/// A request that failed may be repeated, but of all of them at most one gets a token.
#[test]
fn wherever_the_store_fails_a_code_is_used_at_most_once() {
    for writes in 0.. {
        let host = platform();
        let code = Browser::sign_in(&host, "alice").code();
        host.store_fails(StoreFault::AfterWrites(writes));
        let first = redeem(&host, &grant(&code));
        host.store_works();
        let second = redeem(&host, &grant(&code));
        match (first.status, second.status) {
            (200, 400) => {
                assert!(writes >= 4, "counter, record, audit log");
                return;
            }
            (503, 200 | 400) => {}
            statuses => panic!("after {writes} writes: {statuses:?}"),
        }
        expect_invalid_grant(&redeem(&host, &grant(&code)));
    }
}

#[test]
fn neither_code_nor_verifier_is_stored_or_logged() {
    let host = platform();
    let alice = Browser::sign_in(&host, "alice");
    let (used, unused) = (alice.code(), alice.code());
    redeem(&host, &grant(&used)).expect(200);
    expect_invalid_grant(&redeem(&host, &grant(&used)));
    let stored = host.stored().into_iter().flat_map(|(key, value)| [key, value]);
    let levels = [LogLevel::Request, LogLevel::Event];
    let logged = levels.into_iter().flat_map(|level| host.logged(level));
    for text in stored.chain(logged) {
        for secret in ["nkc_", &used[4..], &unused[4..], VERIFIER] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn authorizations_are_limited_for_each_person_and_codes_cannot_be_guessed_without_limit() {
    let host = platform();
    host.set("limit_sign_ins_per_minute", "5");
    let (alice, bob) = (Browser::sign_in(&host, "alice"), Browser::sign_in(&host, "bob"));
    host.wait(60);
    let statuses: Vec<_> = (0..7).map(|_| alice.allow(&request()).status).collect();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429, 429]);
    bob.allow(&request()).expect(201);
    let client = host.anybody(ROUTES).with_header("spin-client-addr", "192.0.2.7:1");
    let guess = format!("nkc_{}", "a".repeat(52));
    let mut statuses = (0..2_000).map(|_| client.post(TOKEN, &grant(&guess)).status);
    assert_eq!(statuses.find(|status| *status != 400), Some(429));
}
