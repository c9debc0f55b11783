//! Two commits that GitHub cannot compare, and branches that are gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/github_app.rs"]
mod github_app;

use builds::ROUTES;
use github_app::use_github_app;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const API: &str = "https://api.github.com";
const SHOP: &str = "https://api.github.com/repositories/42";

/// Alice's service of a public repository, of which only `web/` is watched, and which pushes build.
fn service() -> (Rc<TestHost>, Client, String) {
    let host = TestHost::install();
    for (name, value) in
        [("push_quiet_seconds", "0"), ("auth_jwt_subjects_are_github_logins", "true")]
    {
        host.set(name, value);
    }
    let shop = json!({ "id": 42, "full_name": "acme/shop", "private": false });
    for at in [SHOP, "https://api.github.com/repos/acme/shop"] {
        host.respond("GET", at, 200, &shop);
        host.respond("GET", &format!("{at}/installation"), 200, &json!({ "id": 2 }));
    }
    let builder = format!("{API}/repos/platform/builder");
    use_github_app(&host);
    let none = json!({ "permission": "read", "user": { "id": 7 } });
    host.respond("GET", &format!("{SHOP}/collaborators/"), 200, &none);
    let dispatches = format!("{builder}/actions/workflows/build.yml/dispatches");
    host.respond("POST", &dispatches, 200, &json!({ "workflow_run_id": 30 }));
    head(&host, 'a');
    let project = host.create_project("alice", "myapp");
    let alice = host.user(ROUTES, "alice");
    let path = format!("/api/v1/projects/{project}/services/web");
    let source = json!({
        "repository_url": "https://github.com/acme/shop", "branch": "main",
        "build_on_push": true, "watch_paths": ["web/**"],
    });
    alice.put(&path, &source).expect(201);
    head(&host, 'b');
    (host, alice, path)
}

fn head(host: &TestHost, digit: char) {
    let commit = json!({ "sha": digit.to_string().repeat(40), "commit": { "message": "x" } });
    for at in [SHOP, "https://api.github.com/repos/acme/shop"] {
        host.respond("GET", &format!("{at}/commits/"), 200, &commit);
    }
}

/// What follows from a push if GitHub answers so to the comparison.
fn decision(status: u16, body: &Value) -> String {
    let (host, alice, path) = service();
    host.respond("GET", &format!("{SHOP}/compare/"), status, body);
    let pushes = alice.get(&format!("{path}/pushes")).expect(200);
    pushes["pushes"][0]["decision"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn commits_that_cannot_be_compared_differ_in_everything() {
    let message = |text: &str| json!({ "message": text });
    let elsewhere = json!({ "status": "ahead", "files": [{ "filename": "docs/a" }] });
    let too_long = json!({ "status": "ahead", "files": ["x".repeat(9 * 1024 * 1024)] });
    for (status, body, expected) in [
        (200, &elsewhere, "not_affected"),
        (404, &message("Not Found"), "built"),
        (404, &message("No common ancestor between a and b."), "built"),
        (500, &message("Sorry, this diff is taking too long to generate."), "built"),
        (422, &message("Server Error: Sorry, this diff is unavailable."), "built"),
        (200, &too_long, "built"),
        // GitHub is not well: the push is looked at again later.
        (500, &message("Server Error"), "none"),
    ] {
        let body = body.clone();
        let name = format!("{status} {}", body["message"]);
        let seen = std::thread::spawn(move || decision(status, &body)).join().unwrap();
        assert_eq!(seen, expected, "{name}");
    }
}

#[test]
fn a_branch_that_is_gone_is_named() {
    let (host, alice, path) = service();
    let gone = json!({ "message": "No commit found for SHA: heads/main" });
    host.respond("GET", &format!("{SHOP}/commits/"), 422, &gone);
    let service = alice.get(&path).expect(200);
    assert_eq!(service["automatic_builds"]["problem"], "branch_missing", "{service}");
}
