//! Limits of requests, such as a hosted Spin has: how long they may take, and how long bodies may be.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream;
use local_host::{Limits, Options, Running};
use reqwest::{Body, Response};

use crate::program::{read_url, start_program, terminate};
use crate::test_app::{GUEST_COMPONENT, TestApp};

const MAX_BODY: usize = 10 << 20;

async fn start_with(app: &TestApp, limits: Limits) -> Running {
    app.start_with(Options { limits, ..Options::default() }).await.unwrap()
}

async fn post(app: &TestApp, host: &Running, path: &str, body: impl Into<Body>) -> Response {
    app.client.post(host.url() + path).body(body).send().await.unwrap()
}

/// A body without a `Content-Length`.
fn chunked(bytes: usize) -> Body {
    let chunk = Bytes::from(vec![b'x'; 1 << 16]);
    let lengths = (0..bytes).step_by(chunk.len()).map(move |start| (bytes - start).min(1 << 16));
    let chunks = lengths.map(move |length| Ok::<_, std::io::Error>(chunk.slice(..length)));
    Body::wrap_stream(stream::iter(chunks.collect::<Vec<_>>()))
}

#[tokio::test]
async fn a_request_body_may_have_exactly_as_many_bytes_as_the_limit() {
    let app = TestApp::new(GUEST_COMPONENT);
    let limits = Limits { body_size: Some(MAX_BODY), memory: Some(128 << 20), ..Limits::default() };
    let host = start_with(&app, limits).await;
    for body in [Body::from(vec![b'x'; MAX_BODY]), chunked(MAX_BODY)] {
        let response = post(&app, &host, "/upload-unlimited", body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), MAX_BODY.to_string());
    }
    let announced = post(&app, &host, "/upload-unlimited", vec![b'x'; MAX_BODY + 1]).await;
    assert_eq!(announced.status(), 413);
    // The component gets an error after the last byte that is allowed.
    let chunked = post(&app, &host, "/upload-unlimited", chunked(MAX_BODY + 1)).await;
    assert_eq!(chunked.status(), 500);
    let error = chunked.text().await.unwrap();
    assert!(error.contains("HttpRequestBodySize(Some(10485760))"), "{error}");
}

#[tokio::test]
async fn a_response_is_cut_off_after_the_limit() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = start_with(&app, Limits { body_size: Some(1000), ..Limits::default() }).await;
    for (bytes, is_complete) in [(1000, true), (1001, false)] {
        assert_eq!(app.status(&host, &format!("/fill/{bytes}")).await, 200);
        let read = async { app.client.get(host.url() + "/kv/filled").send().await?.bytes().await };
        let is_read = read.await.is_ok_and(|body| body.len() == bytes);
        assert_eq!(is_read, is_complete, "{bytes}");
    }
}

#[tokio::test]
async fn a_request_ends_with_all_it_does_when_it_takes_too_long() {
    let app = TestApp::new(&format!(
        "{GUEST_COMPONENT}allowed_outbound_hosts = [\"http://guest.spin.internal\"]\n"
    ));
    let max = Some(Duration::from_millis(400));
    let host = start_with(&app, Limits { request_duration: max, ..Limits::default() }).await;
    // Before the response.
    let start = Instant::now();
    assert_eq!(app.status(&host, "/hang").await, 500);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // While the response is sent: the second chunk would come after half a second.
    let response = app.client.get(host.url() + "/stream").send().await.unwrap();
    let body = response.text().await;
    assert!(body.is_err() || body.is_ok_and(|text| text == "first"), "{}", host.console());
    // After the response: three requests, one after the other, to a component that waits.
    assert_eq!(app.status(&host, "/later/concurrency").await, 200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let console = host.console();
    assert!(!console.contains("sent all"), "{console}");
    assert_eq!(console.matches("[guest] was ended: the request took too long").count(), 3);
    // An instance serves one request.
    assert_eq!(app.get(&host, "/request-count").await, "1");
    assert_eq!(app.get(&host, "/request-count").await, "1");
}

#[tokio::test]
async fn the_limits_are_options_of_the_program() {
    let app = TestApp::new(GUEST_COMPONENT);
    let arguments = ["--max-request-duration", "1", "--max-body-size", "1000"];
    let mut child = start_program(&app, "127.0.0.1:0", &arguments);
    let (url, _output) = read_url(&mut child);
    let post = async |path: &str, bytes: usize| {
        let request = app.client.post(format!("{url}{path}")).body(vec![b'x'; bytes]);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(post("/upload", 1000).await, 200);
    assert_eq!(post("/upload", 1001).await, 413);
    assert_eq!(post("/wait", 0).await, 500);
    terminate(&mut child);
}
