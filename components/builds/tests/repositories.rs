//! Repositories that were renamed, transferred, archived, deleted, blocked or made private.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use nokube_edge::host::LogLevel;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const API: &str = "https://api.github.com";
const BUILDER: &str = "https://api.github.com/repos/platform/builder";
const SHOP: &str = "https://api.github.com/repos/acme/shop";
const DISPATCHES: &str =
    "https://api.github.com/repos/platform/builder/actions/workflows/build.yml/dispatches";

fn platform() -> (Rc<TestHost>, Client, Value) {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    let project = host.create_project("alice", "myapp");
    let shop = json!({
        "id": 42, "full_name": "acme/shop", "private": false, "default_branch": "trunk",
    });
    host.respond("GET", SHOP, 200, &shop);
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &format!("{SHOP}/commits/"), 200, &commit);
    host.respond("POST", DISPATCHES, 200, &json!({ "workflow_run_id": 30 }));
    let request = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    let alice = host.user(ROUTES, "alice");
    (host, alice, request)
}

fn inputs(body: &str) -> Value {
    serde_json::from_str::<Value>(body).unwrap()["inputs"].clone()
}

fn redirect(host: &TestHost, method: &str, from: &str, status: u16, to: &str) {
    let body = json!({ "message": "Moved Permanently", "url": to });
    host.respond_with(method, from, status, &[("location", to)], &body);
}

#[test]
fn without_a_branch_the_repositorys_default_branch_is_built() {
    let (host, alice, request) = platform();
    let path = alice.post("/api/v1/builds", &request).header("location").to_owned();
    let build = alice.get(&path).expect(200);
    assert_eq!(build["branch"], "trunk");
    assert_eq!(host.sent("GET", &format!("{SHOP}/commits/trunk")).len(), 1);
    let again = alice.get(&format!("{path}/request")).expect(200);
    assert_eq!(again["branch"], "trunk");
    let mut named = request.clone();
    named["branch"] = json!("feature/x");
    let path = alice.post("/api/v1/builds", &named).header("location").to_owned();
    assert_eq!(alice.get(&path).expect(200)["branch"], "feature/x");
}

#[test]
fn a_renamed_source_is_built_under_its_present_name() {
    let (host, alice, request) = platform();
    let by_number = format!("{API}/repositories/42");
    redirect(&host, "GET", SHOP, 301, &by_number);
    redirect(&host, "GET", &format!("{SHOP}/commits/"), 301, &format!("{by_number}/commits/main"));
    let store = json!({
        "id": 42, "full_name": "acme/store", "private": false, "default_branch": "main",
    });
    host.respond("GET", &by_number, 200, &store);
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &format!("{by_number}/commits/main"), 200, &commit);
    let path = alice.post("/api/v1/builds", &request).header("location").to_owned();
    assert_eq!(alice.get(&path).expect(200)["repository"], "acme/store");
    assert_eq!(inputs(&host.sent("POST", DISPATCHES)[0])["repository"], "acme/store");
}

#[test]
fn a_renamed_builder_starts_builds_and_ready_says_its_name() {
    let (host, alice, request) = platform();
    let by_number = format!("{API}/repositories/7");
    let workflow = format!("{by_number}/actions/workflows/build.yml");
    redirect(&host, "POST", DISPATCHES, 307, &format!("{workflow}/dispatches"));
    host.respond("POST", &format!("{workflow}/dispatches"), 200, &json!({ "workflow_run_id": 30 }));
    let build = alice.post("/api/v1/builds", &request).expect(202);
    assert_eq!(build["status"], "pending");
    let sent = host.sent("POST", &format!("{workflow}/dispatches"));
    assert_eq!(inputs(&sent[0])["build_id"], build["build_id"]);
    assert!(host.stored()["r/1/1"].contains("\"builder_repository\":7"), "for its events");

    redirect(&host, "GET", BUILDER, 301, &by_number);
    redirect(&host, "GET", &format!("{BUILDER}/actions/workflows/build.yml"), 301, &workflow);
    let renamed = json!({ "id": 7, "full_name": "platform/new-builder", "private": true });
    host.respond("GET", &by_number, 200, &renamed);
    host.respond("GET", &workflow, 200, &json!({ "state": "active" }));
    let health = host.anybody(ROUTES).get("/ready/github").expect(200);
    assert_eq!(health["ok"], true, "{health}");
    let detail = health["detail"].as_str().unwrap();
    assert!(detail.contains("is now called platform/new-builder: change the setting"), "{detail}");
}

#[test]
fn the_token_follows_no_redirect_to_another_place() {
    let (host, alice, request) = platform();
    redirect(&host, "GET", SHOP, 301, "https://evil.example/repositories/42");
    let problem = alice.post("/api/v1/builds", &request).expect(422);
    assert!(problem["detail"].as_str().unwrap().contains("has moved"), "{problem}");
    assert!(host.sent("GET", "https://evil.example").is_empty());
}

#[test]
fn a_redirect_in_a_circle_ends() {
    let (host, alice, request) = platform();
    redirect(&host, "GET", SHOP, 301, &format!("{API}/repositories/42"));
    redirect(
        &host,
        "GET",
        &format!("{API}/repositories/42"),
        301,
        &format!("{API}/repositories/42"),
    );
    alice.post("/api/v1/builds", &request).expect(422);
    assert!(host.sent("GET", &format!("{API}/repositories/42")).len() < 5);
}

#[test]
fn an_archived_builder_is_named_in_the_build_and_in_ready() {
    let (host, alice, request) = platform();
    let archived = json!({ "message": "Repository was archived so is read-only." });
    host.respond("POST", DISPATCHES, 403, &archived);
    let build = alice.post("/api/v1/builds", &request).expect(202);
    let message = build["error_message"].as_str().unwrap();
    assert!(message.contains("platform/builder") && message.contains("archived"), "{message}");
    assert!(!message.contains("permission"), "{message}");
    let repository = json!({ "full_name": "platform/builder", "private": true, "archived": true });
    host.respond("GET", BUILDER, 200, &repository);
    host.respond("GET", &format!("{BUILDER}/actions/workflows/"), 200, &json!({}));
    let health = host.anybody(ROUTES).get("/ready/github").expect(200);
    assert_eq!(health["ok"], false);
    assert!(health["detail"].as_str().unwrap().contains("archived"), "{health}");
}

#[test]
fn a_permanent_refusal_does_not_ask_to_try_again() {
    let (host, alice, request) = platform();
    let ip_list = "Although you appear to have the correct authorization credentials, the `acme` \
                   organization has an IP allow list enabled, and your IP address is not permitted";
    for (status, message, expected) in [
        (451, "Repository access blocked", 422),
        (403, "Repository access blocked", 422),
        (403, ip_list, 502),
        (403, "Sorry. Your account was suspended.", 502),
        (403, "Resource protected by organization SAML enforcement.", 502),
        (410, "Gone", 502),
    ] {
        host.respond("GET", SHOP, status, &json!({ "message": message }));
        let response = alice.post("/api/v1/builds", &request);
        let problem = response.expect(expected);
        assert_eq!(response.header("retry-after"), "", "{message}");
        assert!(problem["detail"].as_str().unwrap().contains(message), "{problem}");
    }
    host.respond("GET", SHOP, 503, &json!({}));
    assert_eq!(alice.post("/api/v1/builds", &request).header("retry-after"), "10");
}

#[test]
fn a_build_whose_source_was_made_private_is_not_attempted_again() {
    let (host, alice, request) = platform();
    host.respond("POST", DISPATCHES, 422, &json!({ "message": "No ref found for: main" }));
    let path = alice.post("/api/v1/builds", &request).header("location").to_owned();
    assert_eq!(alice.get(&path).expect(200)["status"], "failed");
    let by_number = format!("{API}/repositories/42");
    host.respond("GET", &by_number, 404, &json!({ "message": "Not Found" }));
    for (status, body, expected) in [
        (404, json!({ "message": "Not Found" }), "was deleted or made private"),
        (200, json!({ "id": 43, "private": false }), "was deleted or made private"),
        (200, json!({ "id": 42, "private": true }), "was made private"),
    ] {
        host.respond("GET", SHOP, status, &body);
        let problem = alice.post(&format!("{path}/retry"), &json!({})).expect(422);
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
    }
    assert_eq!(host.sent("POST", DISPATCHES).len(), 1);
    // It was renamed, and another repository has its old name.
    host.respond("GET", SHOP, 200, &json!({ "id": 43, "private": false }));
    let renamed = json!({ "id": 42, "private": false, "full_name": "acme/store" });
    host.respond("GET", &by_number, 200, &renamed);
    alice.post(&format!("{path}/retry"), &json!({})).expect(202);
    let sent = host.sent("POST", DISPATCHES);
    assert_eq!(sent.len(), 2);
    assert_eq!(inputs(&sent[1])["repository"], "acme/store", "its present name");
}

#[test]
fn no_refusal_tells_a_stranger_that_a_private_repository_exists() {
    let (host, alice, request) = platform();
    host.respond("GET", SHOP, 200, &json!({ "id": 42, "private": true }));
    let ask = |status, message| {
        let body = json!({ "message": message });
        host.respond("GET", &format!("{SHOP}/collaborators/"), status, &body);
        alice.post("/api/v1/builds", &request).expect(422)["errors"].clone()
    };
    let missing = ask(404, "Not Found");
    assert!(missing[0].to_string().contains("there is no such repository"), "{missing}");
    for (status, message) in [
        (403, "The `acme` organization has an IP allow list enabled"),
        (403, "Resource protected by organization SAML enforcement."),
        (403, "Resource not accessible by integration"),
        (451, "Repository access blocked"),
        (401, "Bad credentials"),
        (410, "Gone"),
    ] {
        assert_eq!(ask(status, message), missing, "{status} {message}");
        let log = host.logged(LogLevel::Event).join("\n");
        assert!(log.contains(message) && log.contains("acme/shop"), "for the administrator: {log}");
    }
}
