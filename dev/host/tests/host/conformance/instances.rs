//! Instance reuse, traps and time-outs.

use std::time::Duration;

use local_host::{Limits, Options, Running};

use crate::program::{read_url, start_program, terminate};
use crate::test_app::{GUEST_COMPONENT, TestApp};

type PendingResponse = tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>;

/// Sends a request that waits in the component, and returns when it waits there. Must be called one at a
/// time, because an instance accepts no request while it runs another.
async fn start_waiting_request(app: &TestApp, host: &Running) -> PendingResponse {
    let waiting_count = || host.console().matches(" waiting\n").count();
    let before = waiting_count();
    let sent = tokio::spawn(app.client.get(host.url() + "/hang").send());
    while waiting_count() == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    sent
}

#[tokio::test]
async fn a_trap_fails_every_request_of_its_instance_but_not_the_host() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let mut responses = Vec::new();
    for _ in 0..3 {
        responses.push(start_waiting_request(&app, &host).await);
    }
    assert!(host.console().contains("[guest] 3 waiting\n"), "{}", host.console());
    assert_eq!(app.get(&host, "/request-count").await, "1");

    assert_eq!(app.status(&host, "/trap").await, 500);
    for response in responses {
        assert_eq!(response.await.unwrap().unwrap().status(), 500);
    }
    assert_eq!(app.get(&host, "/request-count").await, "1", "a new instance");
}

async fn request_counts(app: &TestApp, host: &Running, requests: u64) -> Vec<u64> {
    let mut counts = Vec::new();
    for _ in 0..requests {
        counts.push(app.get(host, "/request-count").await.parse().unwrap());
    }
    counts
}

#[tokio::test]
async fn an_instance_serves_128_requests_with_the_same_globals() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let expected: Vec<u64> = (1..=128).chain(1..=2).collect();
    assert_eq!(request_counts(&app, &host, 130).await, expected);

    let limits = Limits { max_instance_reuse_count: 3, ..Limits::default() };
    let host = app.start_with(Options { limits, ..Options::default() }).await.unwrap();
    assert_eq!(request_counts(&app, &host, 7).await, [1, 2, 3, 1, 2, 3, 1]);
}

#[tokio::test]
async fn an_instance_serves_16_requests_at_the_same_time() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    for _ in 0..40 {
        drop(start_waiting_request(&app, &host).await);
    }
    let console = host.console();
    let counts = console.lines().filter_map(|line| {
        line.strip_prefix("[guest] ")?.strip_suffix(" waiting")?.parse::<u32>().ok()
    });
    assert_eq!(counts.max(), Some(16), "{console}");
}

#[tokio::test]
async fn an_idle_instance_ends_after_a_second() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    assert_eq!(request_counts(&app, &host, 2).await, [1, 2]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(request_counts(&app, &host, 1).await, [1]);
}

#[tokio::test]
async fn a_request_timeout_ends_a_waiting_request_but_not_an_endless_loop() {
    let app = TestApp::new(GUEST_COMPONENT);
    let mut child = start_program(&app, "127.0.0.1:0", &["--request-timeout", "200ms"]);
    let (url, _output) = read_url(&mut child);
    let get_status = async |path: &str| {
        let request = app.client.get(format!("{url}{path}")).timeout(Duration::from_secs(2));
        request.send().await.map(|response| response.status().as_u16())
    };
    assert_eq!(get_status("/hang").await.unwrap(), 500);
    assert!(get_status("/loop").await.unwrap_err().is_timeout());
    // The loop blocks one thread. The host uses the others.
    assert_eq!(get_status("/.well-known/spin/health").await.unwrap(), 200);
    terminate(&mut child);
}
