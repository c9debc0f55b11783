//! Akamai ends bodies after 10 MiB. GitHub's events of pushes may have up to 25 MB.

use nokube_tests::{StoreKind, TestPlatform, WEBHOOK_SECRET};
use serde_json::{Value, json};

const MAX_BODY: usize = 10 << 20;

/// An event of exactly so many bytes: a push that changes many files.
fn push(bytes: usize) -> Vec<u8> {
    let event = |files: &str| {
        let repository = json!({ "id": 7, "full_name": "alice/shop", "name": "shop" });
        let commits = json!([{ "added": [files] }]);
        json!({ "ref": "refs/heads/main", "repository": repository, "commits": commits })
            .to_string()
    };
    let rest = event("").len();
    event(&"x".repeat(bytes - rest)).into_bytes()
}

/// Delivers an event as GitHub does. (The responses of a host are not described by the platform's contract.)
async fn deliver(platform: &TestPlatform, body: Vec<u8>) -> reqwest::Response {
    let signature = nokube_sim::webhook_signature(WEBHOOK_SECRET, &body).unwrap();
    let request = reqwest::Client::new().post(platform.url("/api/v1/webhooks/github"));
    let request = request
        .header("content-type", "application/json")
        .header("x-github-event", "push")
        .header("x-hub-signature-256", signature);
    request.body(body).send().await.unwrap()
}

#[tokio::test]
async fn an_event_may_have_10_mib_and_not_a_byte_more() {
    let platform = TestPlatform::config().on(StoreKind::Hosted).start().await;
    let response = deliver(&platform, push(MAX_BODY)).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["outcome"], "ignored", "nothing is built from this repository: {body}");
    // GitHub shows it as failed. A read or reconcile finds such a push (tests/flows/pushes/lost_events.rs).
    assert_eq!(deliver(&platform, push(MAX_BODY + 1)).await.status(), 413);
    platform.finish().await;
}
