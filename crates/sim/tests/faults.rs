//! Things going wrong on request, and GitHub's headers.

mod support;

use std::net::{Ipv4Addr, SocketAddr};

use nokube_sim::{Fault, Options};
use reqwest::Method;
use serde_json::{Value, json};
use support::{BUILDER, inputs, message, world, world_with};

#[tokio::test]
async fn faults_happen_in_their_order_and_then_it_works_again() {
    let world = world().await;
    world.sim.fault(Fault::status("GET", "/repos/alice", 502));
    let limited = Fault::status("GET", "/repos/alice", 429).header("retry-after", "7");
    world.sim.fault(limited.body(json!({"message": "You have exceeded a secondary rate limit."})));
    world.sim.fault(Fault::cut("GET", "/repos/alice").times(2));
    assert_eq!(world.get("/repos/bob/x").await.status(), 200);
    assert_eq!(world.get("/repos/alice/x").await.status(), 502);
    let limited = world.get("/repos/alice/x").await;
    assert_eq!(
        (limited.status().as_u16(), limited.headers()["retry-after"].as_bytes()),
        (429, b"7".as_slice())
    );
    for _ in 0..2 {
        let url = format!("{}/repos/alice/x", world.sim.url());
        // A client of its own: pooled connections may be tried twice.
        let cut = reqwest::Client::builder().user_agent("x").build().unwrap().get(url).send().await;
        assert!(cut.is_err());
    }
    assert_eq!(world.get("/repos/alice/x").await.status(), 200);
    assert!(world.sim.faults().is_empty());
    let seen = world.sim.requests();
    let statuses: Vec<_> = seen.iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [Some(200), Some(502), Some(429), None, None, Some(200)]);
    assert_eq!((seen[1].auth, seen[1].faulted, seen[5].faulted), ("personal", true, false));
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_deed() {
    let world = world().await;
    world.sim.fault(Fault::status("POST", "/dispatches", 500).after());
    assert_eq!(world.dispatch_with(inputs("b1", "ghcr.io/n/a")).await.status(), 500);
    assert!(world.sim.run_of("b1").is_some());
    world.sim.fault(Fault::status("POST", "/dispatches", 500));
    assert_eq!(world.dispatch_with(inputs("b2", "ghcr.io/n/a")).await.status(), 500);
    assert!(world.sim.run_of("b2").is_none());
    assert_eq!(world.sim.dispatches(), 2);
}

#[tokio::test]
async fn an_answer_can_end_in_the_middle() {
    let world = world().await;
    world.sim.fault(Fault::torn("GET", "/repos/alice"));
    let torn = world.get("/repos/alice/x").await;
    assert_eq!(torn.status(), 200);
    assert!(torn.text().await.is_err());
    assert!(world.get("/repos/alice/x").await.text().await.unwrap().ends_with('}'));
    let statuses: Vec<_> = world.sim.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [None, Some(200)]);
}

#[tokio::test]
async fn limits_count_down_and_an_unchanged_answer_is_free() {
    let world = world().await;
    world.sim.set_rate_limit(2);
    let first = world.get("/repos/alice/x").await;
    assert_eq!(first.headers()["x-ratelimit-remaining"], "1");
    assert!(first.headers().contains_key("x-github-request-id"));
    let request = world.request(Method::GET, "/repos/alice/x").bearer_auth("personal");
    let again =
        request.header("if-none-match", first.headers()["etag"].clone()).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["x-ratelimit-remaining"], "1");
    assert_eq!(again.text().await.unwrap(), "");
    assert_eq!(world.get("/repos/alice/y").await.status(), 200);
    let limited = world.get("/repos/alice/z").await;
    assert_eq!(limited.headers()["x-ratelimit-remaining"], "0");
    assert!(message(limited).await.1.contains("rate limit exceeded"));
}

#[tokio::test]
async fn who_does_not_say_their_name_is_turned_away() {
    let world = world().await;
    let url = format!("{}/repos/alice/x", world.sim.url());
    let anonymous = reqwest::Client::new().get(url).bearer_auth("personal").send().await.unwrap();
    assert_eq!(anonymous.status(), 403);
}

#[tokio::test]
async fn everything_can_be_steered_over_http() {
    let control = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let world = world_with(Options { control, ..Options::default() }).await;
    let control = world.sim.control_url().unwrap();
    let http = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let response = http.post(format!("{control}{path}")).json(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
        response.json::<Value>().await.unwrap_or_default()
    };
    post("/runs/hold", json!({"at": "queued"})).await;
    post("/faults", json!([{"path_contains": "/jobs", "status": 503}, {"delay_ms": 1}])).await;
    post("/webhooks/rules", json!({"treatment": "drop", "event": "workflow_job"})).await;
    post("/repositories/alice/shop", json!({"private": true})).await;
    post("/settings", json!({"step_ms": 1, "clock_offset": 5})).await;
    let pushed = post("/packages/n/other", json!({"push": "v1", "private": true})).await;
    assert!(pushed["digest"].as_str().unwrap().starts_with("sha256:"));

    let run = world.build("b1", "ghcr.io/n/a").await;
    let jobs = world.get(&format!("{BUILDER}/actions/runs/{run}/jobs")).await;
    assert_eq!(jobs.status(), 503);
    post(&format!("/runs/{run}/neutral"), Value::Null).await;
    world.sim.settled().await.unwrap();
    let state: Value = http.get(&control).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["runs"][0]["attempts"][0]["conclusion"], "neutral");
    assert_eq!(state["requests"], 2);
    assert_eq!(world.inbox.names(), ["workflow_run.requested", "workflow_run.completed"]);
}
