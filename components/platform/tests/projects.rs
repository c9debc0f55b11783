//! Projects, whatever fails on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use futures::future::join;
use nokube_test_host::{Client, StoreFault, TestHost};
use platform::ROUTES;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PROJECTS: &str = "/api/v1/projects";

fn myapp() -> Value {
    json!({ "name": "myapp" })
}

fn names(user: &Client) -> Vec<Value> {
    let page = user.get(PROJECTS).expect(200);
    page["projects"].as_array().unwrap().iter().map(|project| project["name"].clone()).collect()
}

#[test]
fn a_project_is_its_owners_alone() {
    let host = TestHost::install();
    let (alice, bob) = (host.user(ROUTES, "alice"), host.user(ROUTES, "bob"));
    let response = alice.post(PROJECTS, &myapp());
    assert_eq!(response.expect(201)["role"], "owner");
    alice.get(response.header("location")).expect(200);
    bob.get(response.header("location")).expect(404);
    assert_eq!((names(&alice), names(&bob)), (vec![json!("myapp")], vec![]));
    assert_eq!(alice.post(PROJECTS, &myapp()).expect(409)["reason"], "project_exists");
    bob.post(PROJECTS, &myapp()).expect(201);
}

#[test]
fn of_two_requests_for_the_same_name_at_once_one_creates_the_project() {
    let host = TestHost::install();
    let alice = host.user(ROUTES, "alice");
    let request = || alice.start("POST", PROJECTS, Some(&myapp()));
    let (first, second) = host.run(join(request(), request()));
    assert_eq!(BTreeSet::from([first.status, second.status]), BTreeSet::from([201, 409]));
    assert_eq!(names(&alice), ["myapp"]);
}

#[test]
fn wherever_the_store_fails_a_later_request_creates_the_project_once() {
    for writes in 0.. {
        let host = TestHost::install();
        let alice = host.user(ROUTES, "alice");
        host.store_fails(StoreFault::AfterWrites(writes));
        let first = alice.post(PROJECTS, &myapp());
        host.store_works();
        if first.status == 201 {
            assert!(writes > 8, "the request has at least 9 writes");
            return;
        }
        first.expect(503);
        // An incomplete project may be in the list, but nobody can open it or has a role in it.
        let again = || {
            host.wait(61);
            alice.post(PROJECTS, &myapp())
        };
        let response = std::iter::repeat_with(again).take(4).find(|response| {
            response.status == 201 || response.expect(409)["reason"] == "project_exists"
        });
        assert!(response.is_some(), "after {writes} writes");
        assert_eq!(names(&alice), ["myapp"], "after {writes} writes");
    }
}

#[test]
fn wherever_the_store_fails_a_deletion_can_be_repeated_and_leaves_no_members() {
    for writes in 0.. {
        let host = TestHost::install();
        host.respond("GET", "http://builds.spin.internal/", 404, &json!({}));
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| host.user(ROUTES, name));
        for user in [&bob, &carol] {
            user.post(PROJECTS, &json!({ "name": "own" })).expect(201); // They get usernames.
        }
        let project = alice.post(PROJECTS, &myapp()).header("location").to_owned();
        for name in ["bob", "carol"] {
            let member = format!("{project}/members/{name}");
            alice.put(&member, &json!({ "role": "developer" })).expect(201);
        }
        let accept = format!("{}/accept", project.replace("projects", "invitations"));
        bob.post(&accept, &json!({})).expect(200);

        host.store_fails(StoreFault::AfterWrites(writes));
        let first = alice.delete(&project);
        host.store_works();
        if first.status == 204 {
            assert!(writes >= 8, "the request has at least 8 writes");
            return;
        }
        first.expect(503);
        // A crash can leave the members' version reserved, which is found by the next request.
        for _ in 0..2 {
            host.wait(61);
            let again = alice.delete(&project);
            assert!(
                [204, 404, 409].contains(&again.status),
                "after {writes} writes: {}",
                again.text
            );
        }
        for user in [&alice, &bob, &carol] {
            user.get(&project).expect(404);
        }
        carol.post(&accept, &json!({})).expect(404);
        assert_eq!((names(&alice), names(&bob)), (vec![], vec![json!("own")]));
        let again = alice.post(PROJECTS, &myapp());
        if again.status == 409 {
            host.wait(61);
            alice.post(PROJECTS, &myapp()).expect(201);
        }
        bob.get(&project).expect(404);
        carol.post(&accept, &json!({})).expect(404);
    }
}
