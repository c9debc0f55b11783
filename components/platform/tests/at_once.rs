//! Many requests at once: limits hold exactly, and of many strangers one asks the other systems.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use futures::future::join_all;
use nokube_test_host::{Client, TestHost};
use platform::ROUTES;
use serde_json::json;
use std::{collections::BTreeMap, rc::Rc};

const PROJECTS: &str = "/api/v1/projects";

fn platform(max_projects: &str) -> (Rc<TestHost>, Client) {
    let host = TestHost::install();
    host.set("limit_changes_per_minute", "0");
    host.set("max_projects_per_person", max_projects);
    let alice = host.user(ROUTES, "alice");
    (host, alice)
}

fn statuses(
    host: &TestHost,
    requests: Vec<impl Future<Output = nokube_test_host::Response> + 'static>,
) -> BTreeMap<u16, usize> {
    let mut all = BTreeMap::new();
    for response in host.run(join_all(requests)) {
        *all.entry(response.status).or_default() += 1;
    }
    all
}

#[test]
fn of_a_hundred_and_twenty_strangers_at_once_one_causes_a_check() {
    let host = TestHost::install();
    let health = json!({ "ok": true, "detail": "fine" });
    let checks = [
        "builds.spin.internal/ready/github",
        "builds.spin.internal/ready/registry",
        "deploy.spin.internal/ready/cluster",
    ]
    .map(|path| format!("http://{path}"));
    checks.iter().for_each(|url| host.respond("GET", url, 200, &health));
    for round in 1..=3 {
        let stranger = host.anybody(ROUTES);
        let all: Vec<_> = (0..120).map(|_| stranger.start("GET", "/ready", None)).collect();
        host.run(join_all(all));
        for url in &checks {
            assert_eq!(host.sent("GET", url).len(), round, "{url}");
        }
        host.wait(15);
    }
}

#[test]
fn of_forty_projects_at_once_a_limit_of_ten_admits_ten() {
    let (host, alice) = platform("10");
    let create = |n: u32| alice.start("POST", PROJECTS, Some(&json!({ "name": format!("p{n}") })));
    let all = statuses(&host, (0..40).map(create).collect());
    assert_eq!(all[&201], 10, "{all:?}");
    let refused = alice.post(PROJECTS, &json!({ "name": "another" })).expect(409);
    assert_eq!(refused["reason"], "too_many_projects");
    assert_eq!(alice.get(PROJECTS).expect(200)["projects"].as_array().unwrap().len(), 10);
}

#[test]
fn the_place_of_a_deleted_project_is_free_at_once_and_a_recreated_one_takes_one() {
    let (host, alice) = platform("2");
    let create = |name: &str| alice.post(PROJECTS, &json!({ "name": name }));
    host.respond("GET", "http://builds.spin.internal/", 404, &json!({}));
    for _ in 0..3 {
        let first = create("a");
        first.expect(201);
        create("b").expect(201);
        assert_eq!(create("c").expect(409)["reason"], "too_many_projects");
        alice.delete(first.header("location")).expect(204);
        let again = create("a");
        again.expect(201);
        assert_eq!(create("c").expect(409)["reason"], "too_many_projects");
        for path in [again.header("location"), "/api/v1/projects/2"] {
            alice.delete(path).expect(204);
        }
    }
}

#[test]
fn projects_from_before_places_were_counted_count() {
    let (host, alice) = platform("3");
    // As older releases did: no place names them.
    let old = host.user(ROUTES, "alice").post(PROJECTS, &json!({ "name": "old" }));
    old.expect(201);
    host.forget(&["place", "c/k/place", "k/place"]);
    let create = |n: u32| alice.start("POST", PROJECTS, Some(&json!({ "name": format!("p{n}") })));
    let all = statuses(&host, (0..10).map(create).collect());
    assert_eq!(all[&201], 2, "{all:?}");
}
