//! Redis as key-value store.

use local_host::Running;

use super::storage::increments;
use crate::servers::Redis;
use crate::world::{STORY, Story};

async fn start(redis: &Redis) -> (Story, Running) {
    let story = Story::new(&STORY.replace("\"default\"", "\"default\", \"second\""));
    let entry =
        |label| format!("[key_value_store.{label}]\ntype = \"redis\"\nurl = {:?}\n", redis.url());
    let options = story.runtime_config(&(entry("default") + &entry("second")));
    let host = story.start_with(options).await.unwrap();
    (story, host)
}

#[tokio::test]
async fn the_runtime_configuration_puts_a_store_into_redis() {
    let redis = Redis::start();
    let (story, host) = start(&redis).await;
    assert_eq!(story.get(&host, "/open/default").await, "None");
    assert_eq!(story.status(&host, "/kv/a").await, 404);
    assert_eq!(story.put(&host, "/kv/a", "blue").await, 200);
    assert_eq!(story.get(&host, "/kv/a").await, "blue");
    assert_eq!(redis.ask::<String>(&["GET", "a"]).await, "blue");
    assert_eq!(story.get(&host, "/keys").await, "a");
    let head = story.client.head(host.url() + "/kv/a").send().await.unwrap();
    assert_eq!(head.status(), 200);
    story.client.delete(host.url() + "/kv/a").send().await.unwrap();
    assert!(!redis.ask::<bool>(&["EXISTS", "a"]).await);
    assert!(!story.folder.path().join(".spin").exists());
}

#[tokio::test]
async fn labels_count_for_nothing_on_one_server() {
    let redis = Redis::start();
    let (story, host) = start(&redis).await;
    story.put(&host, "/kv/a?default", "blue").await;
    assert_eq!(story.get(&host, "/kv/a?second").await, "blue");
}

#[tokio::test]
async fn concurrent_increments_are_distinct() {
    let redis = Redis::start();
    let (story, host) = start(&redis).await;
    assert_eq!(increments(&story, &host, 2000).await, (1..=2000).collect());
}

#[tokio::test]
async fn a_counter_is_decimal_text() {
    let redis = Redis::start();
    let (story, host) = start(&redis).await;
    increments(&story, &host, 12).await;
    assert_eq!(redis.ask::<Vec<u8>>(&["GET", "n"]).await, b"12");
    assert_eq!(story.get(&host, "/kv/n").await, "12");
    story.put(&host, "/kv/text", "ann").await;
    let answer = story.get(&host, "/increment/text").await;
    assert!(answer.contains("not an integer"), "{answer}");
}

#[tokio::test]
async fn on_purpose_a_swap_tells_the_truth_and_leaks_no_connection() {
    let redis = Redis::start();
    let (story, host) = start(&redis).await;
    assert_eq!(story.get(&host, "/swap/absent").await, "theirs mine");
    let connections = async || redis.ask::<String>(&["CLIENT", "LIST"]).await.lines().count();
    let before = connections().await;
    for _ in 0..5 {
        assert_eq!(story.get(&host, "/swap-alone/key").await, "written");
        assert_eq!(story.get(&host, "/swap/key").await, "theirs mine");
    }
    assert_eq!(connections().await, before);
}

#[tokio::test]
async fn on_purpose_get_many_works() {
    let redis = Redis::start();
    let (story, host) = start(&redis).await;
    let answer = story.get(&host, "/many").await;
    assert_eq!(answer, "b=2 absent=none a=1 b=2 absent=none a=none");
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_until_it_is_back() {
    let redis = Redis::start();
    let (story, host) = start(&redis).await;
    story.put(&host, "/kv/a", "blue").await;
    let port = redis.url().rsplit_once(':').unwrap().1.to_string();
    drop(redis);
    assert_eq!(story.status(&host, "/kv/a").await, 500);
    let _redis = Redis::on_port(port.parse().unwrap());
    // The connection comes back by itself; a request or two may still see the old one.
    for _ in 0..200 {
        if story.put(&host, "/kv/a", "green").await == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no connection any more: {}", host.console());
}
