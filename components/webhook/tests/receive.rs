//! What GitHub delivers: verified before anything else, and stored once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use nokube_domain::{BuildId, ProjectId};
use nokube_test_host::{Response, StoreFault, TestHost, WEBHOOK_SECRET};
use serde_json::{Value, json};
use sha2::Sha256;
use std::rc::Rc;
use webhook::ROUTES;

fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

fn deliver(host: &Rc<TestHost>, secret: &str, event: &str, body: &Value) -> Response {
    let body = body.to_string();
    host.anybody(ROUTES)
        .with_header("content-type", "application/json")
        .with_header("x-github-event", event)
        .with_header("x-hub-signature-256", &signature(secret, &body))
        .send_unauthenticated("POST", "/api/v1/webhooks/github", &body)
}

/// The event of a build's run that has begun.
fn run_event() -> Value {
    let build = BuildId::new(ProjectId(1), 1, 17);
    json!({
        "action": "in_progress",
        "repository": { "id": 1, "full_name": "platform/builder", "private": true },
        "workflow_run": {
            "id": 30, "run_attempt": 1, "display_title": build.run_title(),
            "path": ".github/workflows/build.yml", "status": "in_progress", "conclusion": null,
            "run_started_at": "2026-03-02T09:00:01Z", "updated_at": "2026-03-02T09:00:02Z",
            "html_url": "https://github.com/platform/builder/actions/runs/30",
        },
    })
}

#[test]
fn a_delivery_with_another_signature_is_refused_and_stores_nothing() {
    let host = TestHost::install();
    deliver(&host, "somebody else's secret", "workflow_run", &run_event()).expect(401);
    let unsigned = host.anybody(ROUTES).with_header("content-type", "application/json");
    unsigned.send_unauthenticated("POST", "/api/v1/webhooks/github", "{}").expect(401);
    assert!(host.stored().is_empty());
}

#[test]
fn an_event_is_stored_once() {
    let host = TestHost::install();
    let first = deliver(&host, WEBHOOK_SECRET, "workflow_run", &run_event()).expect(200);
    assert_eq!(first["outcome"], "stored");
    let stored = host.stored();
    assert_eq!(stored.len(), 1, "the run");
    let repeated = deliver(&host, WEBHOOK_SECRET, "workflow_run", &run_event()).expect(200);
    assert_eq!(
        (&repeated["outcome"], &repeated["reason"]),
        (&"ignored".into(), &"nothing new".into())
    );
    assert_eq!(host.stored(), stored);
}

#[test]
fn events_of_others_and_pings_are_acknowledged() {
    let host = TestHost::install();
    let mut other = run_event();
    other["repository"]["full_name"] = json!("acme/shop");
    assert_eq!(
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &other).expect(200)["outcome"],
        "ignored"
    );
    let ping = json!({ "zen": "Design for failure." });
    assert_eq!(deliver(&host, WEBHOOK_SECRET, "ping", &ping).expect(200)["outcome"], "pong");
    assert!(host.stored().is_empty());
}

#[test]
fn a_delivery_that_cannot_be_stored_fails_so_that_it_can_be_repeated() {
    let host = TestHost::install();
    for fault in [StoreFault::Away, StoreFault::AfterWrites(0)] {
        host.store_fails(fault);
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &run_event()).expect(500);
    }
    host.store_works();
    let repeated = deliver(&host, WEBHOOK_SECRET, "workflow_run", &run_event()).expect(200);
    assert_eq!(repeated["outcome"], "stored");
}
