//! Limits of instances, and how the host stops.

use std::time::{Duration, Instant};

use futures::future::join_all;
use local_host::{Limits, Options, Running};

use crate::test_app::{GUEST_COMPONENT, TestApp};

fn options_with(limits: Limits) -> Options {
    Options { limits, ..Options::default() }
}

#[tokio::test]
async fn concurrent_requests_share_an_instance() {
    let app = TestApp::new(GUEST_COMPONENT);
    let max_concurrency = async |concurrent| {
        let limits =
            Limits { max_instance_concurrent_reuse_count: concurrent, ..Limits::default() };
        let host = app.start_with(options_with(limits)).await.unwrap();
        // Starts an instance that the next requests can share.
        app.get(&host, "/print").await;
        let responses = join_all((0..8).map(|_| app.get(&host, "/concurrency"))).await;
        responses.iter().map(|text| text.parse::<usize>().unwrap()).max().unwrap()
    };
    assert!(max_concurrency(16).await > 1);
    assert!(max_concurrency(4).await <= 4);
    assert_eq!(max_concurrency(1).await, 1);
}

#[tokio::test]
async fn an_instance_cannot_exceed_the_memory_limit() {
    let app = TestApp::new(GUEST_COMPONENT);
    let limits = Limits { memory: Some(16 << 20), ..Limits::default() };
    let host = app.start_with(options_with(limits)).await.unwrap();
    assert_eq!(app.get(&host, "/allocate/1000000").await, "1000000");
    assert_eq!(app.status(&host, "/allocate/64000000").await, 500);
    assert_eq!(app.status(&host, "/print").await, 200);
}

#[tokio::test]
async fn a_request_fails_after_the_time_out() {
    let app = TestApp::new(GUEST_COMPONENT);
    let limits = Limits { request_timeout: Some(Duration::from_millis(200)), ..Limits::default() };
    let host = app.start_with(options_with(limits)).await.unwrap();
    let start = Instant::now();
    assert_eq!(app.status(&host, "/hang").await, 500);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(app.status(&host, "/print").await, 200);
}

#[tokio::test]
async fn calls_after_a_response_have_a_limit_in_all_components_that_it_calls() {
    let app = TestApp::new(&format!(
        "{GUEST_COMPONENT}allowed_outbound_hosts = [\"http://guest.spin.internal\"]\n"
    ));
    // Each of the three requests is a call by chaining, and another one that increments the counter.
    for (calls, counter) in [(0, 0), (1, 0), (2, 1), (3, 1), (5, 2), (6, 3)] {
        let limits = Limits { calls_after_response: Some(calls), ..Limits::default() };
        let host = app.start_with(options_with(limits)).await.unwrap();
        let key = format!("after-{calls}");
        assert_eq!(app.status(&host, &format!("/later/increment/{key}")).await, 200);
        // After an odd number, the receiver is ended first, and the sender at its next request.
        let is_over = |console: &str| {
            let is_sender_ended = console.matches("[guest] was ended").count() > calls as usize % 2;
            is_sender_ended || console.contains("[guest] sent all")
        };
        while !is_over(&host.console()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(host.console().contains("was ended"), calls < 6, "{calls}: {}", host.console());
        // A request before its response has no limit.
        let next = app.get(&host, &format!("/increment/{key}")).await;
        assert_eq!(next, (counter + 1).to_string(), "{calls}: {}", host.console());
    }
}

async fn wait_for_request(host: &Running) {
    while host.counts().requests == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_stop_waits_for_running_requests_but_not_forever() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let running = tokio::spawn(app.client.get(host.url() + "/concurrency").send());
    wait_for_request(&host).await;
    host.stop().await.unwrap();
    assert_eq!(running.await.unwrap().unwrap().status(), 200);

    let host = app.start().await;
    let hanging = tokio::spawn(app.client.get(host.url() + "/hang").send());
    wait_for_request(&host).await;
    let start = Instant::now();
    host.stop().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    // Either the connection or the instance ends first.
    let status = hanging.await.unwrap().map_or(0, |response| response.status().as_u16());
    assert_ne!(status, 200);
}

#[tokio::test]
async fn a_dropped_host_accepts_no_requests() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let url = host.url();
    app.get(&host, "/print").await;
    drop(host);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(app.client.get(url).send().await.is_err());
}
