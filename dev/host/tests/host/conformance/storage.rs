//! Key-value stores on SQLite.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use local_host::{App, Running};
use rusqlite::Connection;
use tokio::time::timeout;

use crate::test_app::{GUEST_COMPONENT, TestApp};

fn open_database(app: &TestApp) -> Connection {
    Connection::open(app.folder.path().join(".spin/sqlite_key_value.db")).unwrap()
}

fn stored(app: &TestApp, key: &str) -> Vec<u8> {
    let select = "SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1";
    open_database(app).query_row(select, [key], |row| row.get(0)).unwrap()
}

/// Increments a counter by concurrent requests. Returns the values in the responses.
pub async fn increment_concurrently(app: &TestApp, host: &Running, calls: u64) -> BTreeSet<u64> {
    let responses = stream::iter(0..calls).map(|_| app.get(host, "/increment/n"));
    responses.buffer_unordered(16).map(|text| text.parse::<u64>().unwrap()).collect().await
}

#[tokio::test]
async fn a_store_has_get_set_delete_exists_and_get_keys() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let exists = async || {
        let head = app.client.head(host.url() + "/kv/a/1").send().await.unwrap();
        head.status().as_u16()
    };
    assert_eq!((app.status(&host, "/kv/a/1").await, exists().await), (404, 404));
    for key in ["a/1", "a/2", "b/1"] {
        assert_eq!(app.put(&host, &format!("/kv/{key}"), "value").await, 200);
    }
    assert_eq!((app.get(&host, "/kv/a/1").await, exists().await), ("value".into(), 200));
    let keys = app.get(&host, "/keys").await;
    assert_eq!(keys.split(' ').collect::<BTreeSet<_>>(), ["a/1", "a/2", "b/1"].into());
    app.client.delete(host.url() + "/kv/a/1").send().await.unwrap();
    assert_eq!((app.status(&host, "/kv/a/1").await, exists().await), (404, 404));
}

#[tokio::test]
async fn concurrent_increments_are_distinct() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    assert_eq!(increment_concurrently(&app, &host, 500).await, (1..=500).collect());
}

#[tokio::test]
async fn a_counter_is_eight_bytes_little_endian() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    app.get(&host, "/increment/n").await;
    assert_eq!(stored(&app, "n"), [1, 0, 0, 0, 0, 0, 0, 0]);
    let update = "UPDATE spin_key_value SET value = x'FF01000000000000'";
    open_database(&app).execute(update, []).unwrap();
    assert_eq!(app.get(&host, "/increment/n").await, "512");
    assert_eq!(stored(&app, "n"), [0, 2, 0, 0, 0, 0, 0, 0]);
    // `get` returns the same bytes, so a component can read a counter without a write.
    assert_eq!(app.get(&host, "/kv/n").await.as_bytes(), stored(&app, "n"));
}

#[tokio::test]
async fn unlike_spin_incrementing_another_value_is_an_error_without_consequences() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    app.put(&host, "/kv/text", "ann").await;
    let body = app.get(&host, "/increment/text").await;
    assert!(body.contains("not a counter"), "{body}");
    assert_eq!(app.get(&host, "/kv/text").await, "ann");
    assert_eq!(app.get(&host, "/increment/n").await, "1");
}

#[tokio::test]
async fn unlike_spin_a_swap_of_an_absent_key_does_not_overwrite_an_insert() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    assert_eq!(app.get(&host, "/contended-swap/absent").await, "theirs mine");
    assert_eq!(app.get(&host, "/swap/free").await, "written");
}

#[tokio::test]
async fn unlike_spin_get_many_returns_every_key_in_the_requested_order() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let body = app.get(&host, "/batch").await;
    assert_eq!(body, "b=2 absent=none a=1 b=2 absent=none a=none");
}

/// A WebAssembly component that imports the interface `not:offered/here` with a function `f`.
const IMPORTER: &[u8] = b"\0asm\x0d\0\x01\0\
    \x07\x0e\x01\x42\x02\x01\x40\0\x01\0\x04\0\x01f\x01\0\
    \x0a\x15\x01\0\x10not:offered/here\x05\0";

#[test]
fn an_import_that_the_host_does_not_offer_is_an_error_at_the_start() {
    let app = TestApp::new(&GUEST_COMPONENT.replace("GUEST_PATH", "importer.wasm"));
    std::fs::write(app.folder.path().join("importer.wasm"), IMPORTER).unwrap();
    let error = format!("{:#}", App::load(&app.manifest()).err().unwrap());
    assert!(
        error.contains("it imports an interface that the local host does not offer"),
        "{error}"
    );
    assert!(error.contains("not:offered/here"), "{error}");
}

#[tokio::test]
async fn a_write_is_in_the_file_when_the_component_responds() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    app.put(&host, "/kv/a", "1").await;
    assert_eq!(stored(&app, "a"), b"1");
    let mode: String =
        open_database(&app).pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete", "as in Spin: a commit syncs four times");
}

#[tokio::test]
async fn a_result_is_at_most_128_mib() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let insert = "INSERT INTO spin_key_value VALUES ('default', ?1, zeroblob(?2))";
    let limit = 128 << 20;
    for (key, bytes) in [("largest", limit), ("too-large", limit + 1)] {
        open_database(&app).execute(insert, (key, bytes)).unwrap();
    }
    assert_eq!(app.get(&host, "/size/largest").await, limit.to_string());
    let body = app.get(&host, "/size/too-large").await;
    assert!(body.contains("query result exceeds limit of 134217728 bytes"), "{body}");
}

#[tokio::test]
async fn setting_a_larger_value_traps() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    assert_eq!(app.status(&host, "/fill/134217729").await, 500);
    assert!(host.console().contains("[guest] an instance failed"), "{}", host.console());
    assert_eq!(app.status(&host, "/kv/filled").await, 404);
}

#[tokio::test]
async fn the_file_has_spins_table_with_its_primary_key() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    app.put(&host, "/kv/a", "1").await;
    let database = open_database(&app);
    let columns = "SELECT name, type, pk FROM pragma_table_info('spin_key_value')";
    let mut statement = database.prepare(columns).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let columns: Vec<(String, String, i64)> = columns.unwrap().map(Result::unwrap).collect();
    let expected = [("store", "TEXT", 1), ("key", "TEXT", 2), ("value", "BLOB", 0)];
    assert_eq!(columns, expected.map(|(name, kind, pk)| (name.into(), kind.into(), pk)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_an_error_after_five_seconds_and_stops_the_instance_until_then() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    app.put(&host, "/kv/a", "1").await;
    let lock = open_database(&app);
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let start = Instant::now();
    // This request waits for 300 ms in the component, and is started first.
    let mut neighbour = Box::pin(app.get(&host, "/concurrency"));
    assert!(timeout(Duration::from_millis(100), neighbour.as_mut()).await.is_err());
    let mut read = Box::pin(app.get(&host, "/kv/a"));
    assert!(timeout(Duration::from_millis(500), read.as_mut()).await.is_err());
    let health = app.get(&host, "/.well-known/spin/health");
    assert_eq!(timeout(Duration::from_secs(1), health).await.unwrap(), "OK");
    assert!(timeout(Duration::from_secs(2), neighbour.as_mut()).await.is_err());
    let body = read.await;
    assert!(body.contains("database is locked"), "{body}");
    assert!((4..8).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(neighbour.await, "1");
    drop(lock);
    assert_eq!(app.get(&host, "/kv/a").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_increment_fails_at_once_while_another_process_writes() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    assert_eq!(app.get(&host, "/increment/n").await, "1");
    let writer = open_database(&app);
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    let body = app.get(&host, "/increment/n").await;
    assert!(body.contains("database is locked"), "{body}");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drop(writer);
    assert_eq!(app.get(&host, "/increment/n").await, "2");
}
