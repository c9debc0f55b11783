//! While the store does not answer, requests fail within a time limit and with `Retry-After`. They succeed soon after it
//! answers again.

use crate::host_process::HostProcess;
use futures::future::join_all;
use nokube_tests::{Response, TestPlatform, User, redis::Redis};
use rusqlite::Connection;
use serde_json::json;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(5);
/// SQLite's busy timeout in Spin, and time to answer.
const SQLITE_LIMIT: Duration = Duration::from_millis(5_500);
const CLIENTS: usize = 200;

/// Lets clients read and create at once.
async fn read_and_create(url: &str, clients: usize) -> Vec<(Response, Duration)> {
    let send = |number: usize| {
        let user = User::at(url, &format!("person-{number}"));
        async move {
            let start = Instant::now();
            let response = match number % 2 {
                0 => user.get("/api/v1/projects").await,
                _ => user.post("/api/v1/projects", &json!({ "name": "shop" })).await,
            };
            (response, start.elapsed())
        }
    };
    join_all((0..clients).map(send)).await
}

async fn expect_unavailable(url: &str, clients: usize, limit: Duration) {
    for (response, duration) in read_and_create(url, clients).await {
        let detail = response.expect_problem(503);
        assert!(detail.contains("storage does not answer"), "{detail}");
        assert_eq!(response.headers["retry-after"], "5");
        assert!(duration < limit, "answered after {duration:?}");
    }
}

/// Repeats a request until it succeeds, at most for [`LIMIT`]. Then all clients must succeed.
async fn expect_recovery(url: &str) {
    let alice = User::at(url, "alice");
    let start = Instant::now();
    while alice.get("/api/v1/projects").await.status != 200 {
        assert!(start.elapsed() < LIMIT, "no success {LIMIT:?} after the store is back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep_until((start + LIMIT).into()).await;
    for (response, _) in read_and_create(url, CLIENTS).await {
        assert!([200, 201, 409].contains(&response.status), "{}", response.text);
    }
}

async fn start(variables: impl IntoIterator<Item = (String, String)>) -> (HostProcess, String) {
    // With the default limit of reads, for which the store is asked.
    let mut config = TestPlatform::config().variable("limit_reads_per_minute", "6000");
    config.variables.extend(variables);
    let mut host = HostProcess::with_spin(config.variables);
    host.args.push("--disable-pooling".into());
    let url = host.start().await;
    (host, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_does_not_answer_requests_fail_within_five_seconds_and_then_recover() {
    let folder = TempDir::new().unwrap();
    let redis = Redis::start(folder.path()).await;
    let (host, url) = start(redis.settings()).await;
    User::at(&url, "alice").create_project("myapp").await;
    redis.pause();
    expect_unavailable(&url, CLIENTS, LIMIT).await;
    expect_unavailable(&url, CLIENTS, LIMIT).await;
    redis.resume();
    expect_recovery(&url).await;
    host.finish_with_expected_errors(&["store: "]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_stopped_requests_fail_at_once_and_recover_when_it_is_back() {
    let folder = TempDir::new().unwrap();
    let mut redis = Redis::start(folder.path()).await;
    let (host, url) = start(redis.settings()).await;
    let project = User::at(&url, "alice").create_project("myapp").await;
    redis.stop();
    expect_unavailable(&url, CLIENTS, LIMIT).await;
    redis.restart().await;
    expect_recovery(&url).await;
    User::at(&url, "alice").get(&format!("/api/v1/projects/{project}")).await.expect(200);
    host.finish_with_expected_errors(&["store: "]).await;
}

/// In Spin a call of a locked file blocks its instance for the 5 s of SQLite's busy timeout, and the calls of all
/// instances wait one after the other. No time limit of the platform can end such a call.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_sqlite_file_is_locked_requests_fail_and_recover_when_it_is_unlocked() {
    let (host, url) = start([]).await;
    User::at(&url, "alice").create_project("myapp").await;
    let lock = Connection::open(host.storage_file()).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    expect_unavailable(&url, 1, SQLITE_LIMIT).await;
    expect_unavailable(&url, 10, SQLITE_LIMIT * 10).await;
    lock.execute_batch("ROLLBACK").unwrap();
    expect_recovery(&url).await;
    host.finish_with_expected_errors(&["store: "]).await;
}
