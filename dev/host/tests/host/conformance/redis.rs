//! Redis as a key-value store.

use std::time::Duration;

use futures::future::{join, join_all};
use local_host::Running;
use tokio::time::timeout;

use super::storage::increment_concurrently;
use crate::servers::Redis;
use crate::test_app::{GUEST_COMPONENT, TestApp};

async fn start(redis: &Redis) -> (TestApp, Running) {
    let app = TestApp::new(&GUEST_COMPONENT.replace("\"default\"", "\"default\", \"second\""));
    let entry =
        |label| format!("[key_value_store.{label}]\ntype = \"redis\"\nurl = {:?}\n", redis.url());
    let options = app.runtime_config(&(entry("default") + &entry("second")));
    let host = app.start_with(options).await.unwrap();
    (app, host)
}

#[tokio::test]
async fn a_store_can_be_in_redis() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    assert_eq!(app.get(&host, "/open/default").await, "None");
    assert_eq!(app.status(&host, "/kv/a").await, 404);
    assert_eq!(app.put(&host, "/kv/a", "blue").await, 200);
    assert_eq!(app.get(&host, "/kv/a").await, "blue");
    assert_eq!(redis.query::<String>(&["GET", "a"]).await, "blue");
    assert_eq!(app.get(&host, "/keys").await, "a");
    let head = app.client.head(host.url() + "/kv/a").send().await.unwrap();
    assert_eq!(head.status(), 200);
    app.client.delete(host.url() + "/kv/a").send().await.unwrap();
    assert!(!redis.query::<bool>(&["EXISTS", "a"]).await);
    assert!(!app.folder.path().join(".spin").exists());
}

#[tokio::test]
async fn stores_on_one_server_share_their_keys() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    app.put(&host, "/kv/a?default", "blue").await;
    assert_eq!(app.get(&host, "/kv/a?second").await, "blue");
}

#[tokio::test]
async fn concurrent_increments_are_distinct() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    assert_eq!(increment_concurrently(&app, &host, 2000).await, (1..=2000).collect());
}

#[tokio::test]
async fn a_counter_is_decimal_text() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    increment_concurrently(&app, &host, 12).await;
    assert_eq!(redis.query::<Vec<u8>>(&["GET", "n"]).await, b"12");
    assert_eq!(app.get(&host, "/kv/n").await, "12");
    app.put(&host, "/kv/text", "ann").await;
    let body = app.get(&host, "/increment/text").await;
    assert!(body.contains("not an integer"), "{body}");
}

#[tokio::test]
async fn unlike_spin_a_swap_reports_its_result_and_leaks_no_connection() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    assert_eq!(app.get(&host, "/contended-swap/absent").await, "theirs mine");
    let connections = async || redis.query::<String>(&["CLIENT", "LIST"]).await.lines().count();
    let before = connections().await;
    for _ in 0..5 {
        assert_eq!(app.get(&host, "/swap/key").await, "written");
        assert_eq!(app.get(&host, "/contended-swap/key").await, "theirs mine");
    }
    assert_eq!(connections().await, before);
}

#[tokio::test]
async fn unlike_spin_get_many_works() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    let body = app.get(&host, "/batch").await;
    assert_eq!(body, "b=2 absent=none a=1 b=2 absent=none a=none");
}

/// The host reconnects when it notices the loss, again after a second or two, and then after one or two minutes.
#[tokio::test]
async fn requests_go_on_waiting_after_the_server_is_back() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    app.put(&host, "/kv/a", "blue").await;
    let port = redis.url().rsplit_once(':').unwrap().1.to_string();
    drop(redis);
    let mut first = Box::pin(app.get(&host, "/kv/a"));
    assert!(timeout(Duration::from_millis(2500), first.as_mut()).await.is_err());
    let redis = Redis::on_port(port.parse().unwrap());
    let second = app.get(&host, "/kv/a");
    assert!(timeout(Duration::from_secs(2), join(first, second)).await.is_err());
    assert_eq!(redis.query::<String>(&["PING"]).await, "PONG");
}

#[tokio::test]
async fn a_call_waits_for_the_server_without_a_limit() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    app.put(&host, "/kv/a", "blue").await;
    redis.pause();
    let mut waiting = Box::pin(app.get(&host, "/kv/a"));
    assert!(timeout(Duration::from_secs(2), waiting.as_mut()).await.is_err());
    // `spin:key-value` is asynchronous, so the instance serves other requests.
    assert_eq!(app.status(&host, "/print").await, 200);
    redis.resume();
    assert_eq!(waiting.await, "blue");
}

#[tokio::test]
async fn a_synchronous_call_stops_its_instance_until_the_server_responds() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    assert_eq!(app.get(&host, "/increment/n").await, "1");
    // This request waits for 300 ms in the component, and is started first.
    let mut neighbour = Box::pin(app.get(&host, "/concurrency"));
    assert!(timeout(Duration::from_millis(100), neighbour.as_mut()).await.is_err());
    redis.pause();
    let mut increment = Box::pin(app.get(&host, "/increment/n"));
    assert!(timeout(Duration::from_millis(500), increment.as_mut()).await.is_err());
    assert!(timeout(Duration::from_millis(500), neighbour.as_mut()).await.is_err());
    redis.resume();
    assert_eq!((increment.await, neighbour.await), ("2".to_string(), "1".to_string()));
}

/// A place in the connection's queue that is reserved for a request of a stopped instance is not used, and the
/// instance waits for a place behind it.
#[tokio::test]
async fn many_synchronous_and_asynchronous_calls_at_once_can_hang_forever() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    for _ in 0..5 {
        let calls = join_all((0..256).map(|_| app.get(&host, "/get-and-increment/n")));
        if timeout(Duration::from_secs(15), calls).await.is_err() {
            assert_eq!(redis.query::<String>(&["PING"]).await, "PONG");
            let read = timeout(Duration::from_secs(2), app.get(&host, "/kv/n"));
            assert!(read.await.is_err(), "without any load left");
            return;
        }
    }
    panic!("5 bursts of 256 requests passed");
}
