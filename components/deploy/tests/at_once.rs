//! Many services and domains at once: limits hold exactly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use deploy::ROUTES;
use futures::future::join_all;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const CLUSTER: &str = "https://cluster.example.org";

/// Alice has two projects, and a cluster that is empty and accepts nothing.
fn platform(settings: &[(&str, &str)]) -> (Rc<TestHost>, Client, [Value; 2]) {
    let host = TestHost::install();
    for (name, value) in [
        ("kubernetes_api_url", CLUSTER),
        ("apps_domain", "apps.example.org"),
        ("apps_entrance_namespace", "ingress"),
        ("limit_deploys_per_minute", "0"),
    ] {
        host.set(name, value);
    }
    settings.iter().for_each(|(name, value)| host.set(name, value));
    let not_found = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": "not found",
    });
    host.respond("GET", CLUSTER, 404, &not_found);
    let requests = ["myapp", "shop"].map(|name| {
        json!({
            "project_id": host.create_project("alice", name), "project_name": name,
            "username": "alice", "service_name": "frontend",
            "image_name": "docker.io/library/nginx:1.29",
        })
    });
    let alice = host.user(ROUTES, "alice");
    (host, alice, requests)
}

/// How many of `count` services at once, in these projects, have a first revision then.
fn deploy_at_once(host: &TestHost, alice: &Client, requests: &[Value], count: usize) -> usize {
    let request = |n: usize| {
        let mut request = requests[n % requests.len()].clone();
        request["service_name"] = json!(format!("service-{n}"));
        alice.start("POST", "/api/v1/deploy", Some(&request))
    };
    let all: Vec<_> = (0..count).map(request).collect();
    for response in host.run(join_all(all)) {
        if response.status == 409 {
            assert_eq!(response.expect(409)["reason"], "too_many_services");
        }
    }
    host.stored().keys().filter(|key| key.starts_with("v/") && key.ends_with("/1")).count()
}

#[test]
fn of_forty_services_at_once_a_project_gets_as_many_as_it_may_have() {
    let (host, alice, requests) = platform(&[("max_services_per_project", "4")]);
    assert_eq!(deploy_at_once(&host, &alice, &requests[..1], 40), 4);
    assert_eq!(deploy_at_once(&host, &alice, &requests[1..], 40), 8, "another project");
}

#[test]
fn of_forty_services_at_once_an_owner_gets_as_many_as_they_may_have_in_all_projects() {
    let (host, alice, requests) = platform(&[("max_services_per_person", "5")]);
    assert_eq!(deploy_at_once(&host, &alice, &requests, 40), 5);
    // What was taken for nothing is free again.
    host.wait(61);
    assert_eq!(deploy_at_once(&host, &alice, &requests, 40), 5);
}
