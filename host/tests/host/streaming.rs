//! Bodies pass piece by piece, in both directions.

use std::time::{Duration, Instant};

use futures::{SinkExt, channel::mpsc};
use reqwest::Body;

use crate::world::{STORY, Story};

#[tokio::test]
async fn the_first_piece_arrives_before_the_last_is_sent() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let mut response = story.client.get(host.url() + "/stream").send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    let start = Instant::now();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "last");
    assert!(start.elapsed() > Duration::from_millis(250), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_request_streams_as_its_response_does() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let (mut sender, pieces) = mpsc::channel::<Result<&'static str, std::io::Error>>(0);
    let request = story.client.post(host.url() + "/echo").body(Body::wrap_stream(pieces));
    let sent = tokio::spawn(request.send());
    sender.send(Ok("one")).await.unwrap();
    let mut response = sent.await.unwrap().unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one");
    // Only now is there more to send.
    sender.send(Ok("two")).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "two");
    drop(sender);
    assert!(response.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn whoever_sends_too_much_sees_the_answer() {
    let story = Story::new(STORY);
    let host = story.start().await;
    for _ in 0..5 {
        let request = story.client.post(host.url() + "/upload").body(vec![b'x'; 30_000_000]);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 413);
        assert_eq!(response.text().await.unwrap(), "too much");
    }
    let request = story.client.post(host.url() + "/upload").body(vec![b'x'; 1000]);
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "1000");
}
