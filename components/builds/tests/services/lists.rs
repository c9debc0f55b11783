//! The list of a project's services, whatever happened to the requests that made them.

use crate::platform::{
    API, BUILDS, DISPATCHES, FRONTEND, LIST, build, names, patch, platform, source,
};
use builds::ROUTES;
use futures::future::{join, join_all};
use nokube_domain::{DeploymentId, ProjectId, deployments::DeploymentRecord};
use nokube_edge::{
    services::{delete_saved, note_build},
    store::{Counter, Store, keys},
};
use nokube_test_host::{StoreFault, TestHost};
use serde_json::{Value, json};
use std::time::Duration;

/// A complete request to build a service of which nothing is saved.
fn unsaved(service: &str) -> Value {
    json!({
        "project_id": 1, "service_name": service, "image_name": "myapp",
        "repository_url": "https://github.com/acme/shop",
    })
}

fn path(service: &str) -> String {
    format!("{LIST}/{service}")
}

/// Stores the record of a deployment, as the component `deploy` does.
fn deploy(host: &TestHost, service: &str) {
    let service = service.parse().unwrap();
    host.run(async move {
        let store = Store::open().await.unwrap();
        let number = store.increment(&Counter::deployments(ProjectId(1))).await.unwrap();
        let id = DeploymentId::new(ProjectId(1), number, 7);
        let created_at = nokube_edge::now();
        let record = DeploymentRecord { id, service, created_at, adopted: None, preview: None };
        store.set(keys::deployment(ProjectId(1), number), &record).await.unwrap();
    });
}

#[test]
fn services_that_were_saved_built_or_deployed_are_listed_by_name() {
    let (host, alice) = platform();
    assert_eq!(names(&alice), [""; 0]);
    deploy(&host, "db");
    alice.post(BUILDS, &unsaved("worker")).expect(202);
    alice.put(&path("api"), &source()).expect(201);
    alice.put(FRONTEND, &source()).expect(201);
    alice.post(BUILDS, &build("frontend")).expect(202);
    alice.post(BUILDS, &unsaved("worker")).expect(202);
    assert_eq!(names(&alice), ["api", "db", "frontend", "worker"]);
    let page = alice.get(&format!("{LIST}?limit=2&offset=1")).expect(200);
    assert_eq!((&page["total"], &page["services"][0]["name"]), (&json!(4), &json!("db")));
    assert_eq!(page["services"].as_array().unwrap().len(), 2);
    // What was built or deployed stays.
    for service in ["api", "frontend"] {
        alice.delete(&path(service)).expect(204);
    }
    assert_eq!(names(&alice), ["db", "frontend", "worker"]);
    alice.get(&path("api")).expect(404);
    assert_eq!(alice.get(FRONTEND).expect(200)["source"], json!(null));
}

#[test]
fn of_many_builds_at_once_the_newest_is_the_last_one() {
    let (host, alice) = platform();
    let services = ["a", "b", "c"];
    let all = (0..30).map(|n| alice.start("POST", BUILDS, Some(&unsaved(services[n % 3]))));
    let all: Vec<_> = all.collect();
    let statuses: Vec<_> =
        host.run(async { join_all(all).await.iter().map(|r| r.status).collect() });
    assert_eq!(statuses, [202; 30]);
    assert_eq!(names(&alice), services);
    for service in services {
        let last = alice.get(&path(service)).expect(200)["last_build"]["build_id"].clone();
        assert_eq!(last, newest_of(&host, service), "{service}");
    }
}

/// The id of the newest build that is stored of a service.
fn newest_of(host: &TestHost, service: &str) -> Value {
    let builds = host.stored().into_iter().filter_map(|(key, text)| {
        let number: u32 = key.strip_prefix("b/1/")?.parse().ok()?;
        Some((number, serde_json::from_str::<Value>(&text).unwrap()))
    });
    let of_service = builds.filter(|(_, build)| build["asked"]["service"] == service);
    of_service.max_by_key(|(number, _)| *number).unwrap().1["id"].clone()
}

#[test]
fn builds_noted_in_any_order_and_repeatedly_leave_the_newest() {
    let (host, alice) = platform();
    for _ in 0..3 {
        alice.post(BUILDS, &unsaved("frontend")).expect(202);
    }
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1], [3, 3, 1]] {
        host.forget(&["newest-build"]);
        host.run(async move {
            let store = Store::open().await.unwrap();
            let service = "frontend".parse().unwrap();
            for number in order {
                note_build(&store, ProjectId(1), number, &service).await.unwrap();
            }
        });
        assert_eq!(host.stored()["newest-build/1/frontend"], "3", "{order:?}");
        assert_eq!(names(&alice), ["frontend"]);
    }
}

/// The store lets other tasks go on before each of its calls, so a number of reads is a delay.
async fn after_reads(reads: u32, store: &Store) {
    for _ in 0..reads {
        store.count(&Counter::projects()).await.unwrap();
    }
}

#[test]
fn a_number_that_overwrites_a_later_one_is_corrected() {
    let (host, alice) = platform();
    for _ in 0..2 {
        alice.post(BUILDS, &unsaved("frontend")).expect(202);
    }
    for (first, second) in [(1, 2), (2, 1)] {
        for reads in 0..10 {
            host.forget(&["newest-build"]);
            host.run(async move {
                let store = Store::open().await.unwrap();
                let service = "frontend".parse().unwrap();
                let note = |number| note_build(&store, ProjectId(1), number, &service);
                let later = async {
                    after_reads(reads, &store).await;
                    note(second).await
                };
                let (first, later) = join(note(first), later).await;
                first.and(later).unwrap();
            });
            assert_eq!(host.stored()["newest-build/1/frontend"], "2", "{first} {reads}");
        }
    }
}

#[test]
fn nothing_saved_outlives_its_project() {
    for reads in 0..60 {
        let (host, alice) = platform();
        let put = alice.start("PUT", FRONTEND, Some(&source()));
        let response = host.run(async move {
            let store = Store::open().await.unwrap();
            let delete = async {
                after_reads(reads, &store).await;
                store.delete(keys::project(ProjectId(1))).await.unwrap();
                delete_saved(&store, ProjectId(1)).await.unwrap();
            };
            join(put, delete).await.0
        });
        assert!([201, 404].contains(&response.status), "after {reads} reads: {}", response.status);
        let stored = host.stored();
        assert!(!stored.keys().any(|key| key.starts_with("service/")), "{reads}: {stored:?}");
    }
}

#[test]
fn services_of_an_older_store_are_found_once() {
    let (host, alice) = platform();
    for service in ["a", "b", "a"] {
        alice.post(BUILDS, &unsaved(service)).expect(202);
    }
    let older =
        || host.forget(&["newest-build", "built-service", "c/built-service", "noted-builds"]);
    older();
    assert_eq!(names(&alice), ["a", "b"]);
    let noted = host.stored();
    assert_eq!(names(&alice), ["a", "b"]);
    assert_eq!(host.stored(), noted, "a second list writes nothing");
    older();
    let service = alice.get(&path("a")).expect(200);
    assert_eq!(service["last_build"]["build_id"], newest_of(&host, "a"));
    // Wherever the first list fails, a later one is complete.
    for writes in 0.. {
        older();
        host.store_fails(StoreFault::AfterWrites(writes));
        let response = alice.get(LIST);
        host.store_works();
        assert_eq!(names(&alice), ["a", "b"], "after {writes} writes");
        if response.status == 200 {
            assert_eq!(writes, 3 + 3 + 1);
            break;
        }
    }
}

#[test]
fn wherever_saving_fails_a_repetition_saves_the_service_once() {
    for writes in 0.. {
        let (host, alice) = platform();
        host.set("max_services_per_project", "1");
        host.store_fails(StoreFault::AfterWrites(writes));
        let first = alice.put(FRONTEND, &source());
        host.store_works();
        let is_saved = alice.get(FRONTEND).status == 200;
        assert_eq!(names(&alice).len(), usize::from(is_saved), "after {writes} writes");
        // The leases of a place, of which there is one, and of its limit end after a minute each.
        let again = || {
            host.wait(61);
            alice.put(FRONTEND, &source()).status
        };
        let mut statuses = std::iter::repeat_with(again).take(4);
        assert!(statuses.any(|status| status == 200 || status == 201), "after {writes} writes");
        assert_eq!(names(&alice), ["frontend"]);
        alice.put(&path("other"), &source()).expect(409);
        alice.delete(FRONTEND).expect(204);
        assert_eq!(names(&alice), [""; 0]);
        alice.put(&path("other"), &source()).expect(201);
        if first.status == 201 {
            // The number of the name, the place with its limit's first use, the record, and the audit log.
            assert_eq!(writes, 2 + 3 + 2 + 1 + 2);
            return;
        }
        first.expect(503);
    }
}

#[test]
fn wherever_a_build_fails_its_service_is_listed_once_it_has_ended() {
    for writes in 0.. {
        let (host, alice) = platform();
        host.store_fails(StoreFault::AfterWrites(writes));
        let response = alice.post(BUILDS, &unsaved("frontend"));
        host.store_works();
        if response.status == 202 {
            return;
        }
        let builds = alice.get(&format!("{BUILDS}?project_id=1")).expect(200)["builds"].clone();
        let builds = builds.as_array().unwrap();
        // GitHub has never got it.
        let runs = format!("{API}/repos/platform/builder/actions/workflows/build.yml/runs");
        host.respond("GET", &runs, 200, &json!({ "total_count": 0, "workflow_runs": [] }));
        for build in builds {
            host.wait(100_000);
            let path = format!("{BUILDS}/{}", build["build_id"].as_str().unwrap());
            let alice = host.user(ROUTES, "alice");
            assert_eq!(alice.get(&path).expect(200)["status"], "failed");
        }
        let alice = host.user(ROUTES, "alice");
        assert_eq!(names(&alice).len(), builds.len(), "after {writes} writes");
        for build in builds {
            let service = alice.get(FRONTEND).expect(200);
            assert_eq!(service["last_build"]["build_id"], build["build_id"], "{writes}");
        }
    }
}

#[test]
fn the_number_of_saved_services_is_limited_exactly() {
    let (host, alice) = platform();
    host.set("max_services_per_project", "3");
    let put = |n: usize| alice.start("PUT", &path(&format!("s{n}")), Some(&source()));
    let all: Vec<_> = (0..12).map(put).collect();
    let statuses: Vec<_> =
        host.run(async { join_all(all).await.iter().map(|r| r.status).collect() });
    let saved = statuses.iter().filter(|status| **status == 201).count();
    assert_eq!((saved, names(&alice).len()), (3, 3), "{statuses:?}");
    let refused = alice.put(&path("another"), &source()).expect(409);
    assert_eq!(refused["reason"], "too_many_services");
    // Those that are saved can be replaced, changed and built; and one that is removed makes room at once.
    let name = names(&alice)[0].clone();
    alice.put(&path(&name), &source()).expect(200);
    alice.post(BUILDS, &build(&name)).expect(202);
    for _ in 0..3 {
        alice.delete(&path(&name)).expect(204);
        alice.put(&path(&name), &source()).expect(201);
    }
    alice.delete(&path(&name)).expect(204);
    alice.put(&path("another"), &source()).expect(201);
    alice.put(&path(&name), &source()).expect(409);
}

#[test]
fn names_that_are_saved_and_removed_do_not_fill_the_store() {
    let (host, alice) = platform();
    host.set("max_services_per_project", "1");
    for n in 0..10 {
        alice.put(&path(&format!("s{n}")), &source()).expect(201);
        alice.delete(&path(&format!("s{n}"))).expect(204);
    }
    for n in 10..15 {
        alice.put(&path(&format!("s{n}")), &source()).expect(409);
    }
    let numbers = &host.stored()["c/saved-service/1"];
    assert_eq!(numbers, "10", "each list and the deletion of the project read these");
    alice.put(&path("s7"), &source()).expect(201);
    patch(&host, &alice, &json!({})).expect(404);
    assert_eq!(names(&alice), ["s7"]);
    assert!(host.sent("POST", DISPATCHES).is_empty());
}

#[test]
fn a_source_that_is_removed_while_github_is_asked_is_not_saved_under_its_old_place() {
    for method in ["PUT", "PATCH"] {
        let (host, alice) = platform();
        host.set("max_services_per_project", "1");
        alice.put(FRONTEND, &source()).expect(201);
        host.respond_after(Duration::from_secs(1));
        let change = alice.start(method, FRONTEND, Some(&source()));
        let remove = alice.start("DELETE", FRONTEND, None);
        let (changed, removed) = host.run(async move {
            let store = Store::open().await.unwrap();
            let remove = async {
                after_reads(5, &store).await;
                remove.await
            };
            join(change, remove).await
        });
        assert_eq!((changed.status, removed.status), (409, 204), "{method}: {}", changed.text);
        alice.put(&path("other"), &source()).expect(201);
        assert_eq!(names(&alice), ["other"]);
    }
}
