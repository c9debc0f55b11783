//! Whatever is changed about a service: no request fails.

use anyhow::Result;
use nokube_tests_cluster::{Load, Story, Turn, cluster, gateway_config, text};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Requests a second for each way to the service, each on a new connection. With more, two cores are too busy to answer
/// within the time limit.
const RATE: u32 = 50;

/// The service's two public addresses and its cluster IP, while everything about the service is changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_during_rollouts_through_an_ingress() {
    let _turn = Turn::alone().await;
    let story = Story::start("rollouts").await;
    change_everything(&story).await;
    story.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_during_rollouts_through_a_gateway() {
    let _turn = Turn::alone().await;
    let cluster = cluster().await;
    let story = Story::with("routes", gateway_config(cluster).await).await;
    change_everything(&story).await;
    story.finish().await;
}

async fn change_everything(story: &Story) {
    let mut request = story.request("web", "v1").await;
    request["enable_https"] = json!(true);
    let path = story.deploy(&request).await;
    let url = story.public_url(&path).await;
    assert!(url.starts_with("https://"), "{url}");
    let loads = [
        Load::through_entrance(story.cluster, &url, RATE),
        story.load_by_cluster_ip("web", RATE).await,
    ];

    for (version, variables) in [("v2", json!({})), ("v3", json!({ "COLOUR": "blue" }))] {
        request["image_name"] = format!("registry.example.org/team/app:{version}").into();
        request["env_vars"] = variables;
        story.deploy(&request).await;
        story.wait_for_version(&url, version).await;
    }
    post(story, &format!("{path}/restart"), &json!({})).await;
    story.wait_for(&path, "running").await;
    // To the release before: with version 2.
    post(story, &format!("{path}/rollback"), &json!({})).await;
    story.wait_for(&path, "running").await;
    story.wait_for_version(&url, "v2").await;
    for replicas in [4, 2] {
        request["replicas"] = json!(replicas);
        story.deploy(&request).await;
    }
    // Old pods listen on one port, new ones on another.
    request["container_port"] = json!(8080);
    story.deploy(&request).await;
    request["readiness_check_path"] = json!("/live");
    story.deploy(&request).await;
    for load in loads {
        load.expect_no_failure().await;
    }
}

async fn post(story: &Story, path: &str, body: &Value) {
    story.user.post(path, body).await.expect(202);
}

/// `kubectl drain` evicts all pods of a node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_a_node_is_drained() -> Result<()> {
    let _turn = Turn::alone().await;
    let story = Story::start("drain").await;
    let mut request = story.request("web", "v1").await;
    request["replicas"] = json!(2);
    story.deploy(&request).await;
    let load = story.load_by_cluster_ip("web", RATE).await;

    let node = "/api/v1/nodes/node2";
    story.admin.merge_patch(node, &json!({ "spec": { "unschedulable": true } })).await?.ok()?;
    let pods = format!("/api/v1/namespaces/{}/pods", story.namespace);
    loop {
        let left = story.admin.list(&pods).await?;
        let left: Vec<_> =
            left.iter().filter(|pod| pod["spec"]["nodeName"] == "node2").cloned().collect();
        if left.is_empty() {
            break;
        }
        for pod in left {
            let name = text(&pod, "/metadata/name");
            let eviction = json!({
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": { "namespace": story.namespace, "name": name },
            });
            // 429 while the disruption budget allows no further one.
            let evicted = story.admin.create(&format!("{pods}/{name}/eviction"), &eviction).await?;
            assert!([201, 404, 429].contains(&evicted.status), "{evicted:?}");
        }
        sleep(Duration::from_millis(500)).await;
    }
    story.admin.merge_patch(node, &json!({ "spec": { "unschedulable": null } })).await?.ok()?;
    load.expect_no_failure().await;
    story.finish().await;
    Ok(())
}
