//! What GitHub delivers: verified before anything else, and stored once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod common;

use common::{build, deliver, run_event};
use nokube_domain::builds::{Phase, RunKey, RunRecord, RunState};
use nokube_edge::store::Store;
use nokube_test_host::{StoreFault, TestHost, WEBHOOK_SECRET};
use serde_json::{Value, json};
use webhook::ROUTES;

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
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &run_event()).expect(503);
    }
    host.store_works();
    let repeated = deliver(&host, WEBHOOK_SECRET, "workflow_run", &run_event()).expect(200);
    assert_eq!(repeated["outcome"], "stored");
}

/// The platform knows the builder by its name only until the first event tells its number.
#[test]
fn events_of_a_renamed_builder_are_stored_and_those_of_others_are_not() {
    let host = TestHost::install();
    assert_eq!(
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &run_event()).expect(200)["outcome"],
        "stored"
    );
    let renamed = |id: u64, name: &str, conclusion: &str| {
        let mut event = run_event();
        event["repository"] = json!({ "id": id, "full_name": name });
        event["workflow_run"]["id"] = json!(31);
        event["workflow_run"]["status"] = json!("completed");
        event["workflow_run"]["conclusion"] = json!(conclusion);
        event
    };
    // Somebody else gets the old name.
    let stolen =
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &renamed(2, "platform/builder", "failure"));
    assert_eq!(stolen.expect(200)["outcome"], "ignored");
    let other = deliver(&host, WEBHOOK_SECRET, "workflow_run", &renamed(2, "acme/shop", "failure"));
    assert_eq!(other.expect(200)["outcome"], "ignored");
    let event = renamed(1, "platform/new-builder", "success");
    assert_eq!(
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &event).expect(200)["outcome"],
        "stored"
    );
    let stored = &host.stored()["r/1/1"];
    assert!(stored.contains("success") && !stored.contains("failure"), "{stored}");
}

#[test]
fn events_of_a_known_run_are_stored_whatever_the_repositorys_name() {
    let host = TestHost::install();
    let build = build();
    host.run(async move {
        let run = RunState::new(Phase::Queued);
        let key = RunKey { run_id: 30, attempt: 1 };
        let store = Store::open().await.unwrap();
        store.set_run(&RunRecord::with_run(build, key, run)).await.unwrap();
    });
    let mut event = run_event();
    event["repository"] = json!({ "id": 7, "full_name": "platform/new-builder" });
    assert_eq!(
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &event).expect(200)["outcome"],
        "stored"
    );
    let job = |repository: u64, run: u64| {
        json!({
            "action": "in_progress",
            "repository": { "id": repository, "full_name": "platform/new-builder" },
            "workflow_job": {
                "id": 99, "run_id": run, "run_attempt": 1, "name": build.job_name(),
                "status": "in_progress", "steps": [],
            },
        })
    };
    assert_eq!(
        deliver(&host, WEBHOOK_SECRET, "workflow_job", &job(8, 31)).expect(200)["outcome"],
        "ignored"
    );
    assert_eq!(
        deliver(&host, WEBHOOK_SECRET, "workflow_job", &job(7, 30)).expect(200)["outcome"],
        "stored"
    );
}

#[test]
fn an_event_with_odd_fields_is_stored() {
    let host = TestHost::install();
    let mut event = run_event();
    event["action"] = Value::Null;
    event["repository"]["id"] = json!("1");
    event["workflow_run"]["run_started_at"] = json!("0001-01-01T00:00:00Z");
    event["workflow_run"]["updated_at"] = json!(1_700_000_000);
    event["workflow_run"]["html_url"] = json!({});
    event["workflow_run"]["run_attempt"] = json!("first");
    assert_eq!(
        deliver(&host, WEBHOOK_SECRET, "workflow_run", &event).expect(200)["outcome"],
        "stored"
    );
    assert!(!host.stored()["r/1/1"].contains("0001-01-01"));
}
