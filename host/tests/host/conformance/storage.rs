//! Key-value stores on SQLite.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use local_host::{App, Running};
use rusqlite::Connection;

use crate::world::{STORY, Story};

fn file(story: &Story) -> Connection {
    Connection::open(story.folder.path().join(".spin/sqlite_key_value.db")).unwrap()
}

fn stored(story: &Story, key: &str) -> Vec<u8> {
    let select = "SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1";
    file(story).query_row(select, [key], |row| row.get(0)).unwrap()
}

/// Increments by so many concurrent calls, and what they were answered.
pub async fn increments(story: &Story, host: &Running, calls: u64) -> BTreeSet<u64> {
    let answers = stream::iter(0..calls).map(|_| story.get(host, "/increment/n"));
    answers.buffer_unordered(16).map(|text| text.parse::<u64>().unwrap()).collect().await
}

#[tokio::test]
async fn a_store_has_get_set_delete_exists_and_get_keys_of_all() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let exists = async || {
        let head = story.client.head(host.url() + "/kv/a/1").send().await.unwrap();
        head.status().as_u16()
    };
    assert_eq!((story.status(&host, "/kv/a/1").await, exists().await), (404, 404));
    for key in ["a/1", "a/2", "b/1"] {
        assert_eq!(story.put(&host, &format!("/kv/{key}"), "value").await, 200);
    }
    assert_eq!((story.get(&host, "/kv/a/1").await, exists().await), ("value".into(), 200));
    let keys = story.get(&host, "/keys").await;
    assert_eq!(keys.split(' ').collect::<BTreeSet<_>>(), ["a/1", "a/2", "b/1"].into());
    story.client.delete(host.url() + "/kv/a/1").send().await.unwrap();
    assert_eq!((story.status(&host, "/kv/a/1").await, exists().await), (404, 404));
}

#[tokio::test]
async fn concurrent_increments_are_distinct() {
    let story = Story::new(STORY);
    let host = story.start().await;
    assert_eq!(increments(&story, &host, 500).await, (1..=500).collect());
}

#[tokio::test]
async fn a_counter_is_eight_bytes_little_endian() {
    let story = Story::new(STORY);
    let host = story.start().await;
    story.get(&host, "/increment/n").await;
    assert_eq!(stored(&story, "n"), [1, 0, 0, 0, 0, 0, 0, 0]);
    let update = "UPDATE spin_key_value SET value = x'FF01000000000000'";
    file(&story).execute(update, []).unwrap();
    assert_eq!(story.get(&host, "/increment/n").await, "512");
    assert_eq!(stored(&story, "n"), [0, 2, 0, 0, 0, 0, 0, 0]);
    // `get` sees the same bytes, and so a component need not write to read.
    assert_eq!(story.get(&host, "/kv/n").await.as_bytes(), stored(&story, "n"));
}

#[tokio::test]
async fn on_purpose_incrementing_anything_else_is_an_error_and_harms_nothing() {
    let story = Story::new(STORY);
    let host = story.start().await;
    story.put(&host, "/kv/text", "ann").await;
    let answer = story.get(&host, "/increment/text").await;
    assert!(answer.contains("not a counter"), "{answer}");
    assert_eq!(story.get(&host, "/kv/text").await, "ann");
    assert_eq!(story.get(&host, "/increment/n").await, "1");
}

#[tokio::test]
async fn on_purpose_a_swap_of_an_absent_key_does_not_overwrite_an_insert() {
    let story = Story::new(STORY);
    let host = story.start().await;
    assert_eq!(story.get(&host, "/swap/absent").await, "theirs mine");
    assert_eq!(story.get(&host, "/swap-alone/free").await, "written");
}

#[tokio::test]
async fn on_purpose_get_many_gives_every_key_in_the_order_asked_for() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let answer = story.get(&host, "/many").await;
    assert_eq!(answer, "b=2 absent=none a=1 b=2 absent=none a=none");
}

/// The header of a component, a type with a function `f`, and an import of an
/// instance `not:offered/here` that has it.
const IMPORTER: &[u8] = b"\0asm\x0d\0\x01\0\
    \x07\x0e\x01\x42\x02\x01\x40\0\x01\0\x04\0\x01f\x01\0\
    \x0a\x15\x01\0\x10not:offered/here\x05\0";

#[test]
fn a_component_that_imports_what_is_not_offered_does_not_start() {
    let story = Story::new(&STORY.replace("GUEST", "importer.wasm"));
    std::fs::write(story.folder.path().join("importer.wasm"), IMPORTER).unwrap();
    let error = format!("{:#}", App::load(&story.manifest()).err().unwrap());
    assert!(error.contains("it imports what the local host does not have"), "{error}");
    assert!(error.contains("not:offered/here"), "{error}");
}

#[tokio::test]
async fn a_write_is_in_the_file_when_it_is_answered() {
    let story = Story::new(STORY);
    let host = story.start().await;
    story.put(&host, "/kv/a", "1").await;
    assert_eq!(stored(&story, "a"), b"1");
    let mode: String =
        file(&story).pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete", "Spin's: with it, a commit is four fsyncs");
}

#[tokio::test]
async fn a_result_is_at_most_128_mib() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let insert = "INSERT INTO spin_key_value VALUES ('default', ?1, zeroblob(?2))";
    let limit = 128 << 20;
    for (key, bytes) in [("much", limit), ("too-much", limit + 1)] {
        file(&story).execute(insert, (key, bytes)).unwrap();
    }
    assert_eq!(story.get(&host, "/size/much").await, limit.to_string());
    let answer = story.get(&host, "/size/too-much").await;
    assert!(answer.contains("query result exceeds limit of 134217728 bytes"), "{answer}");
}

#[tokio::test]
async fn a_larger_value_traps_the_instance_that_sets_it() {
    let story = Story::new(STORY);
    let host = story.start().await;
    assert_eq!(story.status(&host, "/fill/134217729").await, 500);
    assert!(host.console().contains("[story] an instance failed"), "{}", host.console());
    assert_eq!(story.status(&host, "/kv/filled").await, 404);
}

#[tokio::test]
async fn the_file_has_spins_table_with_its_primary_key() {
    let story = Story::new(STORY);
    let host = story.start().await;
    story.put(&host, "/kv/a", "1").await;
    let file = file(&story);
    let columns = "SELECT name, type, pk FROM pragma_table_info('spin_key_value')";
    let mut statement = file.prepare(columns).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let columns: Vec<(String, String, i64)> = columns.unwrap().map(Result::unwrap).collect();
    let expected = [("store", "TEXT", 1), ("key", "TEXT", 2), ("value", "BLOB", 0)];
    assert_eq!(columns, expected.map(|(name, kind, pk)| (name.into(), kind.into(), pk)));
}
