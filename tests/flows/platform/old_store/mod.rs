//! Stores that older releases have written are read and continued by the present components. `README.md` describes
//! the files and how a release makes its own.

mod continuation;
mod records;
mod story;

use continuation::Continuation;
use nokube_tests::TestPlatform;
use records::{add_new_fields, assert_new_fields_are_kept, assert_written_as_read, records};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Who has signed in by the end of the story. Erin comes from the external issuer.
const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "dave", "root"];

#[tokio::test]
async fn the_stores_of_older_releases_are_read_and_continued() {
    for store in old_stores() {
        println!("{}", store.display());
        assert_written_as_read(&records(&store));
        Continuation::of(&store).await.check_and_continue().await;
    }
}

/// While an upgrade replaces one instance after another, both releases write.
#[tokio::test]
async fn fields_of_a_newer_release_are_kept() {
    let store = old_stores().pop().unwrap();
    let scratch = tempfile::TempDir::new().unwrap();
    let copy = scratch.path().join("store.sqlite");
    fs::copy(&store, &copy).unwrap();
    fs::copy(store.with_extension("json"), copy.with_extension("json")).unwrap();
    add_new_fields(&copy);
    let before = records(&copy);
    let after = Continuation::of(&copy).await.check_and_continue().await;
    assert_new_fields_are_kept(&before, &after);
}

/// So that the next release can record its store too. With `RECORD=NAME` it does.
#[tokio::test]
async fn the_store_of_this_release_is_written_and_continued() {
    let (platform, answers) = story::tell().await;
    let scratch = tempfile::TempDir::new().unwrap();
    let path = match std::env::var("RECORD") {
        Ok(release) => folder().join(release),
        Err(_) => scratch.path().join("store"),
    };
    record(platform, answers, &path).await;
    Continuation::of(&path.with_extension("sqlite")).await.check_and_continue().await;
}

fn old_stores() -> Vec<PathBuf> {
    let paths = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let stores: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "sqlite")).collect();
    assert!(!stores.is_empty());
    stores
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/platform/old_store")
}

/// Writes a copy of the store, and what the continuation needs. The pending build ends after the copy was made: GitHub
/// sends its last events to the release that continues.
async fn record(platform: TestPlatform, mut recorded: Value, path: &Path) {
    let file = path.with_extension("sqlite");
    fs::remove_file(&file).ok();
    let store = Connection::open(platform.storage_file()).unwrap();
    store.execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();

    platform.github.clear_webhook();
    let before = platform.github.deliveries().len();
    platform.github.hold_runs(None);
    platform.github.release_all();
    platform.github.wait_until_idle().await.unwrap();
    let events: Vec<_> = platform.github.deliveries()[before..]
        .iter()
        .filter(|delivery| delivery.action.as_deref() != Some("in_progress"))
        .map(|delivery| {
            let body: Value = serde_json::from_slice(&delivery.body).unwrap();
            json!([delivery.event, body])
        })
        .collect();
    recorded["events"] = json!(events);
    fs::write(path.with_extension("json"), format!("{recorded:#}\n")).unwrap();
    platform.finish().await;
}
