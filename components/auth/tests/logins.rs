//! Everybody with a GitHub login can sign in, also if another person has a similar login.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use auth::ROUTES;
use nokube_test_host::{Response, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const USER: &str = "https://api.github.com/user";

fn platform(allowed: &str) -> Rc<TestHost> {
    let host = TestHost::install();
    host.set("auth_allowed_users", allowed);
    host.set("limit_sign_ins_per_minute", "0");
    let token = json!({ "access_token": "gho_x", "token_type": "bearer", "interval": "soon" });
    host.respond("POST", "https://github.com/login/oauth/access_token", 200, &token);
    host
}

/// Signs in by the device flow.
fn sign_in(host: &Rc<TestHost>) -> Response {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let body = json!({ "grant_type": grant, "device_code": "x" });
    host.anybody(ROUTES).post("/api/v1/auth/token", &body)
}

fn me(host: &Rc<TestHost>, login: &str, account: u64) -> Value {
    host.respond("GET", USER, 200, &json!({ "id": account, "login": login }));
    let token = sign_in(host).expect(200)["access_token"].as_str().unwrap().to_owned();
    let client = host.anybody(ROUTES).with_header("authorization", &format!("Bearer {token}"));
    client.get("/api/v1/auth/me").expect(200)
}

#[test]
fn managed_users_and_old_logins_sign_in_with_usernames_of_their_own() {
    let host = platform("jdoe_acme, jdoe-acme, bob-, bob, a--b, _x");
    let table = [
        ("JDoe_Acme", "jdoe--acme"),
        ("jdoe-acme", "jdoe-acme"),
        ("bob-", "bob---108"),
        ("bob", "bob"),
        ("a--b", "a-b---93"),
        ("_x", "x---11"),
    ];
    for (account, (login, username)) in (1..).zip(table) {
        let me = me(&host, login, account);
        assert_eq!(me["login"], login.to_lowercase());
        assert_eq!(me["username"], username);
    }
    // The same account again.
    assert_eq!(me(&host, "jdoe_acme", 1)["username"], "jdoe--acme");
}

#[test]
fn an_app_does_not_sign_in() {
    let host = platform("id:9");
    host.respond("GET", USER, 200, &json!({ "id": 9, "login": "nokube[bot]" }));
    let problem = sign_in(&host).expect(403);
    assert!(problem["detail"].as_str().unwrap().contains("Only people"), "{problem}");
}

/// A rate limit does not mean that somebody is not a member.
#[test]
fn a_sign_in_during_githubs_rate_limit_may_be_tried_again() {
    let host = platform("");
    host.set("auth_allowed_organisations", "acme");
    host.respond("GET", USER, 200, &json!({ "id": 1, "login": "alice" }));
    let limit = json!({ "message": "You have exceeded a secondary rate limit." });
    let membership = "https://api.github.com/user/memberships/orgs/acme";
    host.respond("GET", membership, 403, &limit);
    let response = sign_in(&host);
    response.expect(503);
    assert_eq!(response.header("retry-after"), "60");
    host.respond("GET", membership, 200, &json!({ "state": "active" }));
    sign_in(&host).expect(200);

    host.respond("GET", USER, 403, &json!({ "message": "Sorry. Your account was suspended." }));
    let response = sign_in(&host);
    let problem = response.expect(502);
    assert!(problem["detail"].as_str().unwrap().contains("suspended"), "{problem}");
    assert_eq!(response.header("retry-after"), "");
}

/// Builds by pushes end some time after it.
#[test]
fn the_time_of_the_last_sign_in_is_stored() {
    let host = platform("alice");
    let last_sign_ins = || {
        let stored = host.stored().into_iter();
        stored.filter(|(key, _)| key.starts_with("last-sign-in/")).collect::<Vec<_>>()
    };
    host.respond("GET", USER, 200, &json!({ "id": 1, "login": "alice" }));
    assert!(last_sign_ins().is_empty());
    let signed_in = sign_in(&host).expect(200);
    let first = last_sign_ins();
    assert_eq!(first.len(), 1);

    host.wait(60);
    let refresh =
        json!({ "grant_type": "refresh_token", "refresh_token": signed_in["refresh_token"] });
    host.anybody(ROUTES).post("/api/v1/auth/token", &refresh).expect(200);
    assert_eq!(last_sign_ins(), first, "to renew a session is not to sign in");
    sign_in(&host).expect(200);
    let second = last_sign_ins();
    assert!(second.len() == 1 && second > first, "{second:?}");

    host.respond("GET", USER, 200, &json!({ "id": 2, "login": "mallory" }));
    sign_in(&host).expect(403);
    assert_eq!(last_sign_ins(), second);
}
