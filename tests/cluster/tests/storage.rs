//! What a service stores: volumes and secrets. What is left when it is deleted: nothing.

use anyhow::Result;
use nokube_tests::USER_SECRET_VALUE;
use nokube_tests_cluster::{Story, Turn, text};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_keeps_its_files_until_it_is_deleted_with_its_service() -> Result<()> {
    let _turn = Turn::beside_others().await;
    let story = Story::start("volume").await;
    let mut request = story.request("db", "v1").await;
    request["replicas"] = json!(1);
    request["storage_size"] = json!("1Gi");
    request["storage_path"] = json!("/data");
    let path = story.deploy(&request).await;
    let url = story.public_url(&path).await;
    let file = format!("{url}/file?path=/data/orders");
    let (status, body) = story.send(Method::PUT, &file, "three orders").await?;
    assert!(status < 300, "{status} {body}");

    request["image_name"] = json!("registry.example.org/team/app:v2");
    story.deploy(&request).await;
    assert_eq!(story.browse_when_routed(&file).await, "three orders", "after a new release");

    // Without `volumes`, the volume waits for the next deployment of the name.
    story.user.delete(&path).await.expect(204);
    let workload = format!("/apis/apps/v1/namespaces/{}/deployments/db", story.namespace);
    story.admin.wait_until_deleted(&workload).await?;
    story.deploy(&request).await;
    assert_eq!(story.browse_when_routed(&file).await, "three orders", "after a new deployment");

    story.user.delete(&format!("{path}?volumes=true")).await.expect(204);
    story.admin.wait_until_deleted(&format!("/api/v1/namespaces/{}", story.namespace)).await?;
    let is_left = |volumes: Vec<Value>| {
        volumes.iter().any(|volume| text(volume, "/spec/claimRef/namespace") == story.namespace)
    };
    for _ in 0..100 {
        if !is_left(story.admin.list("/api/v1/persistentvolumes").await?) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(!is_left(story.admin.list("/api/v1/persistentvolumes").await?), "a volume is left");
    assert_eq!(story.browse(&file).await?.0, 404, "the Ingress controller knows it no more");
    story.platform.finish().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_receives_its_secrets_and_their_new_values() -> Result<()> {
    let _turn = Turn::beside_others().await;
    let story = Story::start("secret").await;
    let mut request = story.request("web", "v1").await;
    request["secrets"] = json!({ "API_KEY": USER_SECRET_VALUE, "OTHER": USER_SECRET_VALUE });
    let path = story.deploy(&request).await;
    let url = story.public_url(&path).await;
    let variables = async || {
        let body = story.browse_when_routed(&format!("{url}/variables")).await;
        serde_json::from_str::<Value>(&body)
    };
    assert_eq!(variables().await?["API_KEY"], USER_SECRET_VALUE);

    // One is changed, the other keeps its value.
    let changed = format!("{USER_SECRET_VALUE}-2");
    request["secrets"] = json!({ "API_KEY": changed, "OTHER": null });
    story.deploy(&request).await;
    // For some seconds the Ingress controller may send requests to old pods.
    let mut after = variables().await?;
    for _ in 0..50 {
        if after["API_KEY"] == changed {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        after = variables().await?;
    }
    assert_eq!((&after["API_KEY"], &after["OTHER"]), (&json!(changed), &json!(USER_SECRET_VALUE)));
    story.finish().await;
    Ok(())
}
