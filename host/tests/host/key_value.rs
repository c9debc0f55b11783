//! The key-value store, through a component and in the file.

use rusqlite::Connection;

use crate::world::{STORY, Story};

#[tokio::test]
async fn what_is_stored_survives_a_restart_in_spins_own_table() {
    let story = Story::new(STORY);
    let host = story.start().await;
    assert_eq!(story.put(&host, "/kv/colour", "blue").await, 200);
    assert_eq!(story.put(&host, "/kv/colour", "green").await, 200);
    host.stop().await.unwrap();

    let file = story.folder.path().join(".spin/sqlite_key_value.db");
    let select = "SELECT store, key, CAST(value AS TEXT) FROM spin_key_value";
    let row = Connection::open(file).unwrap().query_row(select, [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    });
    assert_eq!(row.unwrap(), ("default".into(), "colour".into(), "green".into()));

    let host = story.start().await;
    assert_eq!(story.get(&host, "/kv/colour").await, "green");
}

#[tokio::test]
async fn every_use_of_the_store_is_counted() {
    let story = Story::new(STORY);
    let host = story.start().await;
    story.put(&host, "/kv/a", "1").await;
    let before = host.counts();

    story.put(&host, "/kv/b", "2").await;
    assert_eq!(story.get(&host, "/keys").await, "a b");
    assert_eq!(story.status(&host, "/kv/c").await, 404);
    story.client.head(host.url() + "/kv/b").send().await.unwrap();
    story.client.delete(host.url() + "/kv/b").send().await.unwrap();
    assert_eq!(story.status(&host, "/kv/b").await, 404);
    story.get(&host, "/increment/n").await;

    let used = host.counts() - before;
    assert_eq!((used.reads, used.writes, used.increments), (2, 1, 1));
    assert_eq!((used.deletes, used.exists, used.listings), (1, 1, 1));
}

#[tokio::test]
async fn a_store_that_is_not_in_the_manifest_is_denied() {
    let story = Story::new(STORY);
    let host = story.start().await;
    assert_eq!(story.get(&host, "/open/default").await, "None");
    assert_eq!(story.get(&host, "/open/other").await, "Some(Error::AccessDenied)");

    let without = Story::new(&STORY.replace("key_value_stores", "#"));
    let host = without.start().await;
    assert_eq!(without.get(&host, "/open/default").await, "Some(Error::AccessDenied)");
    assert!(!without.folder.path().join(".spin").exists());
}
