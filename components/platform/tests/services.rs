//! What is saved of a project's services goes with the project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::ProjectId;
use nokube_edge::store::{Counter, Store, keys};
use nokube_test_host::{StoreFault, TestHost};
use platform::ROUTES;
use serde_json::json;

/// Stores a service as the component `builds` does.
fn save(host: &TestHost, name: &str) {
    let record = json!({
        "source": null, "place": 7, "created_at": "2026-11-29T10:00:00Z",
        "updated_at": "2026-11-29T10:00:00Z",
    });
    let name = name.parse().unwrap();
    host.run(async move {
        let (store, project) = (Store::open().await.unwrap(), ProjectId(1));
        let number = store.increment(&Counter::saved_services(project)).await.unwrap();
        store.set(keys::saved_service(project, number), &name).await.unwrap();
        let record = serde_json::from_value(record).unwrap();
        store.set(keys::service(project, &name), &record).await.unwrap();
    });
}

#[test]
fn wherever_the_deletion_of_a_project_fails_its_repetition_deletes_what_is_saved() {
    for writes in 0.. {
        let host = TestHost::install();
        let alice = host.user(ROUTES, "alice");
        let created = alice.post("/api/v1/projects", &json!({ "name": "myapp" }));
        assert_eq!(created.expect(201)["id"], 1);
        ["web", "api"].iter().for_each(|name| save(&host, name));
        let path = created.header("location");
        host.store_fails(StoreFault::AfterWrites(writes));
        let first = alice.delete(path);
        host.store_works();
        if first.status != 204 {
            // The lease of a change of the members ends after a minute.
            let again = || {
                host.wait(61);
                alice.delete(path).status
            };
            let mut statuses = std::iter::repeat_with(again).take(3);
            assert!(statuses.any(|it| it == 204 || it == 404), "after {writes} writes");
        }
        let stored = host.stored();
        let is_saved = |key: &String| key.starts_with("service/") || key.starts_with("saved-");
        assert!(!stored.keys().any(is_saved), "after {writes} writes: {stored:?}");
        if first.status == 204 {
            return;
        }
    }
}
