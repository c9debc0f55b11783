//! Enforced network policies: who reaches a service, and what a service reaches.

use nokube_tests_cluster::{Story, Turn, first_word};
use serde_json::json;
use std::time::{Duration, Instant};

const POLICY_TIMEOUT: Duration = Duration::from_secs(60);

/// What the app says of a connection that it could open.
const CONNECTED: &str = "connected";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_reaches_its_project_and_the_world_but_neither_nodes_nor_other_projects() {
    let _turn = Turn::beside_others().await;
    let shop = Story::start("shop").await;
    let web = shop.deploy(&shop.request("web", "v1").await).await;
    let mut api = shop.request("api", "v1").await;
    api["exposure_type"] = json!("internal");
    shop.deploy(&api).await;
    let url = shop.public_url(&web).await;
    let api = format!("api-service.{}.svc.cluster.local:8000", shop.namespace);

    // The Ingress controller and the project's own services are let through.
    for (to, why) in [
        (api.as_str(), "a service of the same project"),
        ("203.0.113.80:443", "the public address of the cluster's own Ingress controller"),
    ] {
        // Policies apply to a new pod after a moment.
        let started_at = Instant::now();
        while connect(&shop, &url, to).await != CONNECTED {
            assert!(started_at.elapsed() < POLICY_TIMEOUT, "{why}");
        }
    }
    let forbidden = [
        ("10.240.0.12:10250", "the kubelet of a node"),
        ("10.240.0.2:6443", "the API server"),
        ("10.96.0.1:443", "the API server's Service"),
        ("169.254.169.254:6443", "where clouds serve the metadata of machines"),
    ];
    for (to, what) in forbidden {
        assert_ne!(connect(&shop, &url, to).await, CONNECTED, "{what}");
    }

    // Another project.
    let other = Story::start("other").await;
    let path = other.deploy(&other.request("web", "v1").await).await;
    let other_url = other.public_url(&path).await;
    assert_ne!(connect(&other, &other_url, &api).await, CONNECTED, "another project");

    // The same connections from a pod without policies: they fail because of the policies alone.
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "namespace": "default", "name": "probe", "labels": { "app": "probe" } },
        "spec": { "containers": [{
            "name": "app",
            "image": "registry.example.org/team/app:v1",
            "env": [{ "name": "PORT", "value": "8080" }],
            "readinessProbe": { "tcpSocket": { "port": 8080 }, "periodSeconds": 1 },
        }] },
    });
    let probe = format!("http://{}:8080", shop.start_pod(&pod).await);
    for (to, what) in forbidden {
        assert_eq!(shop.ask_pod_to_connect(&probe, to).await, CONNECTED, "{what}");
    }
    assert_ne!(shop.ask_pod_to_connect(&probe, &api).await, CONNECTED, "a pod of no project");

    shop.finish().await;
    other.finish().await;
}

/// What the service at `url` says of its attempt to connect to an address.
async fn connect(story: &Story, url: &str, to: &str) -> String {
    let (status, body) = story.browse(&format!("{url}/connect?to={to}")).await.unwrap();
    assert_eq!(status, 200, "{body}");
    first_word(&body)
}
