//! The key-value store, through a component and in the file.

use rusqlite::Connection;

use crate::test_app::{GUEST_COMPONENT, TestApp};

#[tokio::test]
async fn values_are_in_spins_table_and_survive_a_restart() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    assert_eq!(app.put(&host, "/kv/colour", "blue").await, 200);
    assert_eq!(app.put(&host, "/kv/colour", "green").await, 200);
    host.stop().await.unwrap();

    let file = app.folder.path().join(".spin/sqlite_key_value.db");
    let select = "SELECT store, key, CAST(value AS TEXT) FROM spin_key_value";
    let row = Connection::open(file).unwrap().query_row(select, [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    });
    assert_eq!(row.unwrap(), ("default".into(), "colour".into(), "green".into()));

    let host = app.start().await;
    assert_eq!(app.get(&host, "/kv/colour").await, "green");
}

#[tokio::test]
async fn each_operation_is_counted() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    app.put(&host, "/kv/a", "1").await;
    let before = host.counts();

    app.put(&host, "/kv/b", "2").await;
    assert_eq!(app.get(&host, "/keys").await, "a b");
    assert_eq!(app.status(&host, "/kv/c").await, 404);
    app.client.head(host.url() + "/kv/b").send().await.unwrap();
    app.client.delete(host.url() + "/kv/b").send().await.unwrap();
    assert_eq!(app.status(&host, "/kv/b").await, 404);
    app.get(&host, "/increment/n").await;

    let used = host.counts() - before;
    assert_eq!((used.reads, used.writes, used.increments), (2, 1, 1));
    assert_eq!((used.deletes, used.exists, used.listings), (1, 1, 1));
}

#[tokio::test]
async fn a_store_that_the_manifest_does_not_allow_is_denied() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    assert_eq!(app.get(&host, "/open/default").await, "None");
    assert_eq!(app.get(&host, "/open/other").await, "Some(Error::AccessDenied)");

    let without = TestApp::new(&GUEST_COMPONENT.replace("key_value_stores", "#"));
    let host = without.start().await;
    assert_eq!(without.get(&host, "/open/default").await, "Some(Error::AccessDenied)");
    assert!(!without.folder.path().join(".spin").exists());
}
