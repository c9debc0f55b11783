//! Streamed bodies in both directions.

use std::time::{Duration, Instant};

use futures::{SinkExt, channel::mpsc};
use reqwest::Body;

use crate::test_app::{GUEST_COMPONENT, TestApp};

#[tokio::test]
async fn the_first_chunk_arrives_before_the_last_is_sent() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let mut response = app.client.get(host.url() + "/stream").send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    let start = Instant::now();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "last");
    assert!(start.elapsed() > Duration::from_millis(250), "{:?}", start.elapsed());
}

#[tokio::test]
async fn request_and_response_are_streamed_at_the_same_time() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let (mut sender, chunks) = mpsc::channel::<Result<&'static str, std::io::Error>>(0);
    let request = app.client.post(host.url() + "/echo").body(Body::wrap_stream(chunks));
    let sent = tokio::spawn(request.send());
    sender.send(Ok("one")).await.unwrap();
    let mut response = sent.await.unwrap().unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one");
    // The second chunk is sent after the response to the first.
    sender.send(Ok("two")).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "two");
    drop(sender);
    assert!(response.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_client_that_sends_too_much_receives_the_response() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    for _ in 0..5 {
        let request = app.client.post(host.url() + "/upload").body(vec![b'x'; 30_000_000]);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 413);
        assert_eq!(response.text().await.unwrap(), "too large");
    }
    let request = app.client.post(host.url() + "/upload").body(vec![b'x'; 1000]);
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "1000");
}
