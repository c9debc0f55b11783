//! Fault injection and conditional requests.

mod support;

use nokube_sim::Fault;
use reqwest::Method;
use serde_json::json;
use support::{inputs, start};

#[tokio::test]
async fn faults_apply_in_order_and_then_end() {
    let github = start().await;
    github.sim.add_fault(Fault::status("GET", "/repos/alice", 502));
    let limited = Fault::status("GET", "/repos/alice", 429).header("retry-after", "7");
    github
        .sim
        .add_fault(limited.body(json!({"message": "You have exceeded a secondary rate limit."})));
    github.sim.add_fault(Fault::drop_connection("GET", "/repos/alice").times(2));
    assert_eq!(github.get("/repos/bob/x").await.status(), 200);
    assert_eq!(github.get("/repos/alice/x").await.status(), 502);
    let limited = github.get("/repos/alice/x").await;
    assert_eq!(
        (limited.status().as_u16(), limited.headers()["retry-after"].as_bytes()),
        (429, b"7".as_slice())
    );
    for _ in 0..2 {
        let url = format!("{}/repos/alice/x", github.sim.url());
        // A new client, because a request on a pooled connection may be retried.
        let dropped =
            reqwest::Client::builder().user_agent("x").build().unwrap().get(url).send().await;
        assert!(dropped.is_err());
    }
    assert_eq!(github.get("/repos/alice/x").await.status(), 200);
    let requests = github.sim.requests();
    let statuses: Vec<_> = requests.iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(200), Some(502), Some(429), None, None, Some(200)]);
    assert_eq!(
        (requests[1].auth, requests[1].is_faulted, requests[5].is_faulted),
        ("personal", true, false)
    );
}

#[tokio::test]
async fn a_response_can_be_replaced_after_the_request_was_handled() {
    let github = start().await;
    github.sim.add_fault(Fault::status("POST", "/dispatches", 500).after_handling());
    assert_eq!(github.dispatch_with(inputs("b1", "ghcr.io/n/a")).await.status(), 500);
    assert!(github.sim.run_for_build("b1").is_some());
    github.sim.add_fault(Fault::status("POST", "/dispatches", 500));
    assert_eq!(github.dispatch_with(inputs("b2", "ghcr.io/n/a")).await.status(), 500);
    assert!(github.sim.run_for_build("b2").is_none());
    assert_eq!(github.sim.dispatch_count(), 2);
}

#[tokio::test]
async fn a_response_can_end_in_the_middle() {
    let github = start().await;
    github.sim.add_fault(Fault::truncate_body("GET", "/repos/alice"));
    let truncated = github.get("/repos/alice/x").await;
    assert_eq!(truncated.status(), 200);
    assert!(truncated.text().await.is_err());
    assert!(github.get("/repos/alice/x").await.text().await.unwrap().ends_with('}'));
    let statuses: Vec<_> = github.sim.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [None, Some(200)]);
}

#[tokio::test]
async fn an_unchanged_response_is_not_sent_again() {
    let github = start().await;
    let first = github.get("/repos/alice/x").await;
    let request = github.request(Method::GET, "/repos/alice/x").bearer_auth("personal");
    let again =
        request.header("if-none-match", first.headers()["etag"].clone()).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_rejected() {
    let github = start().await;
    let url = format!("{}/repos/alice/x", github.sim.url());
    let anonymous = reqwest::Client::new().get(url).bearer_auth("personal").send().await.unwrap();
    assert_eq!(anonymous.status(), 403);
}
