//! How instances are used and how they end.

use std::time::Duration;

use local_host::{Limits, Options, Running};

use crate::program::{program, served, terminate};
use crate::world::{STORY, Story};

type Hanging = tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>;

/// One more request that waits in the component. They come one by one, for an
/// instance that is at work takes no other.
async fn hang(story: &Story, host: &Running) -> Hanging {
    let waiting = || host.console().matches(" waiting\n").count();
    let before = waiting();
    let sent = tokio::spawn(story.client.get(host.url() + "/hang").send());
    while waiting() == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    sent
}

#[tokio::test]
async fn a_trap_ends_every_request_of_its_instance_but_not_the_host() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(hang(&story, &host).await);
    }
    assert!(host.console().contains("[story] 3 waiting\n"), "{}", host.console());
    assert_eq!(story.get(&host, "/served").await, "1");

    assert_eq!(story.status(&host, "/trap").await, 500);
    for hang in waiting {
        assert_eq!(hang.await.unwrap().unwrap().status(), 500);
    }
    assert_eq!(story.get(&host, "/served").await, "1", "another instance, with nothing in it");
}

async fn served_numbers(story: &Story, host: &Running, requests: u64) -> Vec<u64> {
    let mut numbers = Vec::new();
    for _ in 0..requests {
        numbers.push(story.get(host, "/served").await.parse().unwrap());
    }
    numbers
}

#[tokio::test]
async fn an_instance_and_its_globals_serve_128_requests() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let expected: Vec<u64> = (1..=128).chain(1..=2).collect();
    assert_eq!(served_numbers(&story, &host, 130).await, expected);

    let limits = Limits { max_instance_reuse_count: 3, ..Limits::default() };
    let host = story.start_with(Options { limits, ..Options::default() }).await.unwrap();
    assert_eq!(served_numbers(&story, &host, 7).await, [1, 2, 3, 1, 2, 3, 1]);
}

#[tokio::test]
async fn an_instance_serves_16_requests_at_once() {
    let story = Story::new(STORY);
    let host = story.start().await;
    for _ in 0..40 {
        drop(hang(&story, &host).await);
    }
    let console = host.console();
    let counts = console.lines().filter_map(|line| {
        line.strip_prefix("[story] ")?.strip_suffix(" waiting")?.parse::<u32>().ok()
    });
    assert_eq!(counts.max(), Some(16), "{console}");
}

#[tokio::test]
async fn an_idle_instance_ends_after_a_second() {
    let story = Story::new(STORY);
    let host = story.start().await;
    assert_eq!(served_numbers(&story, &host, 2).await, [1, 2]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(served_numbers(&story, &host, 1).await, [1]);
}

#[tokio::test]
async fn a_request_timeout_ends_what_waits_but_no_endless_loop() {
    let story = Story::new(STORY);
    let mut child = program(&story, "127.0.0.1:0", &["--request-timeout", "200ms"]);
    let (url, _output) = served(&mut child);
    let ask = async |path: &str| {
        let request = story.client.get(format!("{url}{path}")).timeout(Duration::from_secs(2));
        request.send().await.map(|response| response.status().as_u16())
    };
    assert_eq!(ask("/hang").await.unwrap(), 500);
    assert!(ask("/loop").await.unwrap_err().is_timeout());
    // The loop has a thread for itself; the host goes on with the others.
    assert_eq!(ask("/.well-known/spin/health").await.unwrap(), 200);
    terminate(&mut child);
}
