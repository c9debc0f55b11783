//! Many requests at once, and limits that a client cannot evade.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use auth::ROUTES;
use futures::future::join_all;
use nokube_test_host::{Client, TestHost};
use serde_json::json;
use std::rc::Rc;

const TOKENS: &str = "/api/v1/auth/tokens";
const TOKEN_REQUESTS: &str = "https://github.com/login/oauth/access_token";

/// Starts a sign-in. Returns the browser that has, with its cookie, and the path of the callback.
fn start_sign_in(client: &Client) -> Option<(Client, String)> {
    let response = client.get("/api/v1/auth/login");
    if response.status == 429 {
        return None;
    }
    let cookie = response.header("set-cookie").split(';').next().unwrap().to_owned();
    let (_, state) = response.header("location").split_once("&state=").unwrap();
    let state = state.split('&').next().unwrap();
    let path = format!("/api/v1/auth/callback?code=x&state={state}");
    Some((client.with_header("cookie", &cookie), path))
}

#[test]
fn callbacks_of_one_address_are_limited_however_many_sign_ins_it_has_started() {
    let host = TestHost::install();
    let bad_code = json!({ "error": "bad_verification_code" });
    host.respond("POST", TOKEN_REQUESTS, 200, &bad_code);
    let client = |address: &str| host.anybody(ROUTES).with_header("spin-client-addr", address);
    let attacker = client("192.0.2.7:1");
    // Started in two minutes, so that there are more than one may complete in a minute.
    let mut started = Vec::new();
    for _ in 0..2 {
        started.extend((0..80).filter_map(|_| start_sign_in(&attacker)));
        host.wait(60);
    }
    assert_eq!(started.len(), 120);
    for (browser, callback) in started.iter().chain(&started).chain(&started) {
        browser.get(callback);
    }
    assert_eq!(host.sent("POST", TOKEN_REQUESTS).len(), 60, "the limit of a minute");
    // Others can sign in meanwhile.
    let (browser, callback) = start_sign_in(&client("192.0.2.8:1")).unwrap();
    browser.get(&callback).expect(400);
    assert_eq!(host.sent("POST", TOKEN_REQUESTS).len(), 61);
    assert_eq!(started[0].0.get(&started[0].1).status, 429);
}

#[test]
fn a_flood_of_sign_ins_or_of_callbacks_without_one_does_not_stop_one_under_way() {
    let host = TestHost::install();
    host.respond("POST", TOKEN_REQUESTS, 200, &json!({ "error": "bad_verification_code" }));
    let client = host.anybody(ROUTES).with_header("spin-client-addr", "192.0.2.7:1");
    let (browser, callback) = start_sign_in(&client).unwrap();
    for n in 0..100 {
        client.get("/api/v1/auth/login");
        client.get(&format!("/api/v1/auth/callback?code=x&state={n}")).expect(400);
    }
    assert_eq!(client.get("/api/v1/auth/login").status, 429);
    browser.get(&callback).expect(400);
    assert_eq!(host.sent("POST", TOKEN_REQUESTS).len(), 1);
}

fn platform() -> (Rc<TestHost>, Client) {
    let host = TestHost::install();
    host.set("auth_issuer_token_days", "30");
    host.set("limit_changes_per_minute", "0");
    let alice = host.user(ROUTES, "alice");
    (host, alice)
}

fn create_at_once(host: &TestHost, alice: &Client, count: u32) -> usize {
    let request = |n: u32| json!({ "name": format!("t{n}"), "scopes": ["read"] });
    let all: Vec<_> = (0..count).map(|n| alice.start("POST", TOKENS, Some(&request(n)))).collect();
    let all = host.run(join_all(all));
    let refused = all.iter().filter(|response| response.status != 201);
    refused.for_each(|response| assert_eq!(response.expect(409)["reason"], "too_many_tokens"));
    all.iter().filter(|response| response.status == 201).count()
}

#[test]
fn of_eighty_tokens_at_once_fifty_are_created_and_a_revoked_ones_place_is_free() {
    let (host, alice) = platform();
    assert_eq!(create_at_once(&host, &alice, 80), 50);
    let tokens = alice.get(TOKENS).expect(200)["tokens"][0]["id"].clone();
    alice.delete(&format!("{TOKENS}/{tokens}")).expect(204);
    assert_eq!(create_at_once(&host, &alice, 5), 1);
    host.wait(31 * 86_400);
    let alice = host.user(ROUTES, "alice");
    assert_eq!(create_at_once(&host, &alice, 60), 50, "all have expired");
}

#[test]
fn tokens_from_before_places_were_counted_count() {
    let (host, alice) = platform();
    assert_eq!(create_at_once(&host, &alice, 45), 45);
    host.forget(&["place", "c/k/place", "k/place"]);
    assert_eq!(create_at_once(&host, &alice, 10), 5);
}

#[test]
fn a_grant_that_the_platform_does_not_have_is_an_oauth_error() {
    let (host, _) = platform();
    let issue = |body| host.anybody(ROUTES).post("/api/v1/auth/token", &body);
    let exchange = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": "x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    });
    for body in [json!({ "grant_type": "password" }), json!({ "grant_type": "" }), exchange] {
        let problem = issue(body).expect(400);
        assert_eq!(problem["error"], "unsupported_grant_type", "{problem}");
    }
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    issue(json!({ "grant_type": device })).expect(422);
    issue(json!({})).expect(422);
}

#[test]
fn signing_out_everywhere_many_times_at_once_adds_one_entry_to_the_audit_log() {
    let (host, alice) = platform();
    let all: Vec<_> =
        (0..50).map(|_| alice.start("DELETE", "/api/v1/auth/sessions", None)).collect();
    assert!(host.run(join_all(all)).iter().all(|response| response.status == 204));
    let log = alice.get("/api/v1/auth/audit").expect(200);
    assert_eq!(log["total"], 1, "{log}");
}
