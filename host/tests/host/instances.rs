//! How instances are shared, and how they end.

use std::time::{Duration, Instant};

use futures::future::join_all;
use local_host::{Limits, Options, Running};

use crate::world::{STORY, Story};

fn limited(limits: Limits) -> Options {
    Options { limits, ..Options::default() }
}

#[tokio::test]
async fn concurrent_requests_share_an_instance() {
    let story = Story::new(STORY);
    let most = async |concurrent| {
        let limits =
            Limits { max_instance_concurrent_reuse_count: concurrent, ..Limits::default() };
        let host = story.start_with(limited(limits)).await.unwrap();
        // One instance is there before the others ask.
        story.get(&host, "/print").await;
        let answers = join_all((0..8).map(|_| story.get(&host, "/together"))).await;
        answers.iter().map(|text| text.parse::<usize>().unwrap()).max().unwrap()
    };
    assert!(most(16).await > 1);
    assert!(most(4).await <= 4);
    assert_eq!(most(1).await, 1);
}

#[tokio::test]
async fn memory_has_a_limit() {
    let story = Story::new(STORY);
    let limits = Limits { memory: Some(16 << 20), ..Limits::default() };
    let host = story.start_with(limited(limits)).await.unwrap();
    assert_eq!(story.get(&host, "/allocate/1000000").await, "1000000");
    assert_eq!(story.status(&host, "/allocate/64000000").await, 500);
    assert_eq!(story.status(&host, "/print").await, 200);
}

#[tokio::test]
async fn a_request_may_be_given_a_time() {
    let story = Story::new(STORY);
    let limits = Limits { request_timeout: Some(Duration::from_millis(200)), ..Limits::default() };
    let host = story.start_with(limited(limits)).await.unwrap();
    let start = Instant::now();
    assert_eq!(story.status(&host, "/hang").await, 500);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(story.status(&host, "/print").await, 200);
}

async fn arrived(host: &Running) {
    while host.counts().requests == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_end_waits_for_what_runs_and_not_for_ever() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let running = tokio::spawn(story.client.get(host.url() + "/together").send());
    arrived(&host).await;
    host.stop().await.unwrap();
    assert_eq!(running.await.unwrap().unwrap().status(), 200);

    let host = story.start().await;
    let hanging = tokio::spawn(story.client.get(host.url() + "/hang").send());
    arrived(&host).await;
    let start = Instant::now();
    host.stop().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    // Either the connection was faster to end or the instance.
    let status = hanging.await.unwrap().map_or(0, |response| response.status().as_u16());
    assert_ne!(status, 200);
}

#[tokio::test]
async fn a_dropped_host_serves_no_longer() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let url = host.url();
    story.get(&host, "/print").await;
    drop(host);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(story.client.get(url).send().await.is_err());
}
