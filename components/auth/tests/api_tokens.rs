//! API tokens: created, used, revoked, and never lost from their owner's list.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use auth::ROUTES;
use futures::future::join_all;
use nokube_test_host::{Client, StoreFault, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const TOKENS: &str = "/api/v1/auth/tokens";
const ME: &str = "/api/v1/auth/me";

/// A platform on which people of the JWT issuer may have API tokens.
fn platform() -> Rc<TestHost> {
    let host = TestHost::install();
    host.set("auth_issuer_token_days", "30");
    host
}

fn request() -> Value {
    json!({ "name": "laptop", "scopes": ["read"] })
}

fn with_token(host: &Rc<TestHost>, created: &Value) -> Client {
    let token = created["token"].as_str().unwrap();
    host.anybody(ROUTES).with_header("authorization", &format!("Bearer {token}"))
}

#[test]
fn a_token_works_until_its_owner_revokes_it() {
    let host = platform();
    let alice = host.user(ROUTES, "alice");
    let response = alice.post(TOKENS, &request());
    let program = with_token(&host, &response.expect(201));
    assert_eq!(program.get(ME).expect(200)["login"], "alice");
    program.post(TOKENS, &request()).expect(403);
    assert_eq!(alice.get(TOKENS).expect(200)["tokens"][0]["name"], "laptop");
    alice.delete(response.header("location")).expect(204);
    program.get(ME).expect(401);
    assert!(alice.get(TOKENS).expect(200)["tokens"][0]["revoked_at"].is_string());
}

#[test]
fn wherever_the_store_fails_every_token_can_be_revoked() {
    for writes in 0.. {
        let host = platform();
        let alice = host.user(ROUTES, "alice");
        host.store_fails(StoreFault::AfterWrites(writes));
        let response = alice.post(TOKENS, &request());
        host.store_works();
        let stored = host.stored();
        let records = stored.keys().filter(|key| key.starts_with("t/")).count();
        let rows = alice.get(TOKENS).expect(200)["tokens"].as_array().unwrap().len();
        assert!(records <= rows, "after {writes} writes a token is in no list");
        if response.status == 201 {
            assert!(writes >= 5, "number, row, record, audit log");
            return;
        }
        response.expect(503);
    }
}

#[test]
fn wherever_the_store_fails_a_repeated_revocation_ends_the_token() {
    for writes in 0.. {
        let host = platform();
        let alice = host.user(ROUTES, "alice");
        let response = alice.post(TOKENS, &request());
        let program = with_token(&host, &response.expect(201));
        program.get(ME).expect(200);
        host.store_fails(StoreFault::AfterWrites(writes));
        let revoked = alice.delete(response.header("location"));
        host.store_works();
        if revoked.status == 204 {
            assert!(writes > 1, "the test has failed some writes");
            return;
        }
        // 404 if the list says already that it is revoked.
        let repeated = alice.delete(response.header("location"));
        assert!(matches!(repeated.status, 204 | 404), "{}", repeated.text);
        program.get(ME).expect(401);
    }
}

#[test]
fn a_blocked_person_gets_no_token_and_theirs_end() {
    let host = platform();
    let (alice, root) = (host.user(ROUTES, "alice"), host.user(ROUTES, "root"));
    let program = with_token(&host, &alice.post(TOKENS, &request()).expect(201));
    alice.get(ME).expect(200);
    let block = "/api/v1/auth/people/alice/block";
    host.run(alice.start("PUT", block, None)).expect(403);
    host.run(root.start("PUT", block, None)).expect(204);
    program.get(ME).expect(401);
    assert_eq!(alice.post(TOKENS, &request()).expect(403)["reason"], "blocked");
}

#[test]
fn an_api_token_revokes_itself_whatever_its_scopes() {
    let host = platform();
    let alice = host.user(ROUTES, "alice");
    let current = format!("{TOKENS}/current");
    for scope in ["read", "build", "deploy", "projects"] {
        let new = json!({ "name": scope, "scopes": [scope] });
        let program = with_token(&host, &alice.post(TOKENS, &new).expect(201));
        let other = with_token(&host, &alice.post(TOKENS, &new).expect(201));
        program.delete(&current).expect(204);
        program.delete(&current).expect(401);
        other.delete(&current).expect(204);
    }
    let log = alice.get("/api/v1/auth/audit").expect(200);
    let event = &log["events"][0];
    let entry = json!([event["action"], event["by"]["via"], event["by"]["token"]]);
    assert_eq!(entry, json!(["token.revoke", "token", "projects"]));
    // Other credentials are no API token.
    alice.delete(&current).expect(403);
    host.anybody(ROUTES).delete(&current).expect(401);
}

#[test]
fn a_token_that_is_revoked_many_times_at_once_is_revoked() {
    let host = platform();
    let alice = host.user(ROUTES, "alice");
    let new = json!({ "name": "ci", "scopes": ["read"] });
    let created = alice.post(TOKENS, &new);
    let program = with_token(&host, &created.expect(201));
    let current = format!("{TOKENS}/current");
    let all: Vec<_> = (0..10).map(|_| program.start("DELETE", &current, None)).collect();
    let all = host.run(join_all(all));
    assert!(all.iter().any(|response| response.status == 204));
    assert!(all.iter().all(|response| [204, 401, 404].contains(&response.status)));
    program.get(ME).expect(401);
    alice.delete(created.header("location")).expect(404);
}
