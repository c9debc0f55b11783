//! `POST /internal/reconcile`: what is left of builds and pushes, and the repositories of which no event came.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use nokube_domain::{
    BuildId, ProjectId,
    work::{BuildTask, LinkedRepository},
};
use nokube_edge::{
    store::{Counter, Store, keys},
    work::WorkQueue,
};
use nokube_test_host::TestHost;
use serde_json::{Value, json};
use std::rc::Rc;

/// The parts of a run by their names: what was done, and what is left.
fn run(host: &Rc<TestHost>) -> Value {
    let parts = host.anybody(ROUTES).post("/internal/reconcile", &json!(null)).expect(200);
    let parts = parts.as_array().unwrap().iter().map(|part| {
        assert_eq!(part["ok"], true, "{part}");
        (part["name"].as_str().unwrap().to_owned(), json!([part["done"], part["remaining"]]))
    });
    Value::Object(parts.collect())
}

fn link_repositories(host: &TestHost, count: u64) {
    host.run(async move {
        let store = Store::open().await.unwrap();
        for repository in 1..=count {
            let number = store.increment(&Counter::linked_repositories()).await.unwrap();
            let linked = LinkedRepository::new(repository);
            store.set(keys::linked_repository(number), &linked).await.unwrap();
        }
    });
}

#[test]
fn without_work_nothing_is_asked_and_nothing_written() {
    let host = TestHost::install();
    let nothing = json!({ "builds": [0, 0], "waiting_builds": [0, 0], "repositories": [0, 0] });
    assert_eq!(run(&host), nothing);
    assert!(host.sent_urls().is_empty() && host.stored().is_empty());
    assert_eq!(host.logged_numbers("kv_reads"), [5]);
}

#[test]
fn a_run_looks_at_five_repositories_and_at_each_once_in_ten_minutes() {
    let host = TestHost::install();
    link_repositories(&host, 12);
    let looks = |host| run(host)["repositories"].clone();
    assert_eq!(looks(&host), json!([5, 7]));
    host.wait(60);
    assert_eq!(looks(&host), json!([5, 2]));
    host.wait(60);
    assert_eq!(looks(&host), json!([2, 0]));
    host.wait(60);
    assert_eq!(looks(&host), json!([0, 0]));
    host.wait(419);
    assert_eq!(looks(&host), json!([0, 0]), "after 599 s");
    host.wait(1);
    assert_eq!(looks(&host), json!([5, 0]), "only the first ones are due");
}

#[test]
fn repositories_behind_many_that_are_not_due_are_reached() {
    let host = TestHost::install();
    link_repositories(&host, 120);
    let mut done = 0;
    for _ in 0..24 {
        done += run(&host)["repositories"][0].as_u64().unwrap();
        host.wait(15);
    }
    assert_eq!(done, 120);
}

/// The request that was to create the build was cut off.
#[test]
fn an_item_without_a_build_is_dropped_after_a_while() {
    let host = TestHost::install();
    host.run(async {
        let store = Store::open().await.unwrap();
        let task = BuildTask::Build(BuildId::new(ProjectId(1), 1, 7));
        WorkQueue::builds().add(&store, &task).await.unwrap();
    });
    assert_eq!(run(&host)["builds"], json!([0, 1]));
    host.wait(300);
    assert_eq!(run(&host)["builds"], json!([1, 0]));
    assert_eq!(run(&host)["builds"], json!([0, 0]));
}
