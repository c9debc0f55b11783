//! Deliveries of webhooks, signed as GitHub signs them.
#![allow(dead_code)] // Each test uses some of it.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use nokube_domain::{BuildId, ProjectId};
use nokube_edge::store::{Counter, Store};
use nokube_test_host::{Client, Response, TestHost, WEBHOOK_SECRET};
use serde_json::{Value, json};
use sha2::Sha256;
use std::rc::Rc;
use webhook::ROUTES;

pub const PATH: &str = "/api/v1/webhooks/github";

pub fn signature(secret: &str, chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    chunks.into_iter().for_each(|chunk| mac.update(chunk.as_ref()));
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

/// Somebody who delivers an event with this signature.
pub fn sender(host: &Rc<TestHost>, event: &str, signature: &str) -> Client {
    host.anybody(ROUTES)
        .with_header("content-type", "application/json")
        .with_header("x-github-event", event)
        .with_header("x-hub-signature-256", signature)
}

pub fn deliver(host: &Rc<TestHost>, secret: &str, event: &str, body: &Value) -> Response {
    deliver_text(host, secret, event, &body.to_string())
}

pub fn deliver_text(host: &Rc<TestHost>, secret: &str, event: &str, body: &str) -> Response {
    let signature = signature(secret, [body]);
    sender(host, event, &signature).send_unauthenticated("POST", PATH, body)
}

/// The outcome of an event that GitHub delivers, and its reason.
pub fn outcome(host: &Rc<TestHost>, event: &str, body: &Value) -> (String, Option<String>) {
    let response = deliver(host, WEBHOOK_SECRET, event, body).expect(200);
    let text = |field: &str| response[field].as_str().map(str::to_owned);
    (text("outcome").unwrap(), text("reason"))
}

/// Has a service that is built by pushes to this repository, as if the component `builds` had saved it.
pub fn link_service(host: &Rc<TestHost>, repository: u64) {
    host.run(async move {
        let store = Store::open().await.unwrap();
        store.increment(&Counter::push_services(repository)).await.unwrap();
    });
}

pub fn build() -> BuildId {
    BuildId::new(ProjectId(1), 1, 17)
}

/// The event of a build's run that has begun.
pub fn run_event() -> Value {
    json!({
        "action": "in_progress",
        "repository": { "id": 1, "full_name": "platform/builder", "private": true },
        "workflow_run": {
            "id": 30, "run_attempt": 1, "display_title": build().run_title(),
            "path": ".github/workflows/build.yml", "status": "in_progress", "conclusion": null,
            "run_started_at": "2026-03-02T09:00:01Z", "updated_at": "2026-03-02T09:00:02Z",
            "html_url": "https://github.com/platform/builder/actions/runs/30",
        },
    })
}

/// A push to the branch `main` of repository 7.
pub fn push() -> Value {
    json!({
        "ref": "refs/heads/main", "before": "1".repeat(40), "after": "2".repeat(40),
        "created": false, "deleted": false, "forced": false,
        "repository": { "id": 7, "full_name": "acme/shop", "default_branch": "main" },
        "pusher": { "name": "alice", "email": "alice@example.com" },
        "sender": { "login": "alice", "id": 1 },
        "head_commit": {
            "id": "2".repeat(40), "message": "Sell shoes",
            "author": { "name": "Alice", "email": "alice@example.com", "username": "alice" },
            "added": [], "removed": [], "modified": ["web/index.html"],
        },
        "commits": [],
    })
}

/// A pull request from a fork into the branch `main` of repository 7.
pub fn pull_request(action: &str) -> Value {
    json!({
        "action": action, "number": 12,
        "pull_request": {
            "number": 12, "state": "open", "draft": false, "title": "Sell boots",
            "body": "Mail me: mallory@example.com", "user": { "login": "mallory" },
            "head": { "ref": "boots", "sha": "2".repeat(40), "repo": { "id": 8 } },
            "base": { "ref": "main", "sha": "1".repeat(40), "repo": { "id": 7 } },
        },
        "repository": { "id": 7, "full_name": "acme/shop", "default_branch": "main" },
        "sender": { "login": "mallory", "id": 66 },
    })
}
