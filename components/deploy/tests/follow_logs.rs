//! Following logs: which lines of a pod are sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use deploy::ROUTES;
use nokube_test_host::TestHost;
use serde_json::{Value, json};
use std::{rc::Rc, time::Duration};

const CLUSTER: &str = "https://cluster.example.org";
const PODS: &str = "https://cluster.example.org/api/v1/namespaces/nk-alice-myapp/pods";

fn pods(host: &TestHost, names: &[&str]) {
    let items: Vec<Value> =
        names.iter().map(|name| json!({ "metadata": { "name": name } })).collect();
    host.respond("GET", &format!("{PODS}?"), 200, &json!({ "items": items }));
}

/// Follows the logs with `tail=1`, and lets `change` happen after two seconds. Returns for each time that the log of
/// a pod was opened whether only its last line was asked for.
fn follow(
    change: impl FnOnce(&TestHost) + 'static,
    setup: impl FnOnce(&TestHost),
) -> Vec<(String, bool)> {
    let host = TestHost::install();
    host.set("kubernetes_api_url", CLUSTER);
    host.set("apps_domain", "apps.example.org");
    host.set("apps_entrance_namespace", "ingress");
    let project = host.create_project("alice", "myapp");
    host.respond("GET", CLUSTER, 404, &json!({ "code": 404 }));
    host.respond("PATCH", CLUSTER, 200, &json!({}));
    let alice = host.user(ROUTES, "alice");
    let deployed = alice.post(
        "/api/v1/deploy",
        &json!({
            "project_id": project, "project_name": "myapp", "username": "alice",
            "service_name": "web", "image_name": "docker.io/library/nginx:1.29",
        }),
    );
    let id = deployed.expect(202)["deployment_id"].as_str().unwrap().to_owned();
    setup(&host);
    let sse = alice.with_header("accept", "text/event-stream");
    let stream = sse.start("GET", &format!("/api/v1/deployments/{id}/logs?tail=1"), None);
    let changed: Rc<TestHost> = host.clone();
    host.run(async move {
        let later = async {
            nokube_edge::sleep(Duration::from_secs(2)).await;
            change(&changed);
        };
        futures::join!(stream, later)
    });
    let opened = host.sent_urls().into_iter().filter(|url| url.contains("/log?"));
    opened
        .map(|url| {
            let pod = url.strip_prefix(PODS).unwrap().split('/').nth(1).unwrap().to_owned();
            (pod, url.contains("tailLines=1"))
        })
        .collect()
}

fn has_log(host: &TestHost, pod: &str) {
    host.respond("GET", &format!("{PODS}/{pod}/log"), 200, &json!("a line"));
}

#[test]
fn a_pod_that_joins_is_followed_from_its_first_line() {
    let opened = follow(
        |host| {
            has_log(host, "new");
            pods(host, &["new", "old"]);
        },
        |host| {
            has_log(host, "old");
            pods(host, &["old"]);
        },
    );
    assert_eq!(opened[0], ("old".to_owned(), true), "{opened:?}");
    let new: Vec<_> = opened.iter().filter(|(pod, _)| pod == "new").collect();
    assert!(!new.is_empty() && new.iter().all(|(_, is_tail)| !is_tail), "{opened:?}");
}

#[test]
fn a_pod_whose_container_starts_later_is_followed_from_its_first_line() {
    let waiting = json!({ "code": 400, "message": "container \"app\" is waiting to start" });
    let opened = follow(
        |host| has_log(host, "web"),
        move |host| {
            host.respond("GET", &format!("{PODS}/web/log"), 400, &waiting);
            pods(host, &["web"]);
        },
    );
    assert_eq!(opened[0], ("web".to_owned(), true), "nobody knows yet: {opened:?}");
    assert!(opened.len() > 1 && opened[1..].iter().all(|(_, is_tail)| !is_tail), "{opened:?}");
}

#[test]
fn a_log_that_could_not_be_read_at_first_is_still_limited() {
    let opened = follow(
        |host| has_log(host, "web"),
        |host| {
            host.respond("GET", &format!("{PODS}/web/log"), 503, &json!({}));
            pods(host, &["web"]);
        },
    );
    assert!(opened.len() > 1 && opened[0].1 && opened[1].1, "{opened:?}");
}
