//! Redis as a key-value store.

use local_host::Running;

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

#[tokio::test]
async fn a_server_that_does_not_respond_is_an_error_until_it_does_again() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    app.put(&host, "/kv/a", "blue").await;
    let port = redis.url().rsplit_once(':').unwrap().1.to_string();
    drop(redis);
    assert_eq!(app.status(&host, "/kv/a").await, 500);
    let _redis = Redis::on_port(port.parse().unwrap());
    // The host reconnects. The next requests may still use the old connection.
    for _ in 0..200 {
        if app.put(&host, "/kv/a", "green").await == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the host does not reconnect: {}", host.console());
}
