//! The autoscaler with what metrics-server measures.

use nokube_tests_cluster::{Story, Turn};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_service_gets_more_pods_and_stays_running() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("busy").await;
    let mut request = story.request("web", "v1").await;
    request["cpu_request"] = json!("50m");
    request["replicas"] = json!(1);
    request["enable_autoscaling"] = json!(true);
    request["min_replicas"] = json!(1);
    request["max_replicas"] = json!(3);
    request["target_cpu_percent"] = json!(50);
    let path = story.deploy(&request).await;
    let url = story.public_url(&path).await;
    let busy = async {
        loop {
            let _ = story.browse(&format!("{url}/busy?ms=2000")).await;
        }
    };
    let scaled = story.wait_until(&path, "scaled", |deployment| {
        // More pods are asked for than run for a moment: the service serves all the time.
        assert_ne!(deployment["status"], "failed", "{deployment:#}");
        deployment["replicas_ready"].as_u64() >= Some(2)
    });
    let scaled: Value = tokio::select! {
        scaled = scaled => scaled,
        () = busy => unreachable!(),
    };
    assert!(scaled["replicas_total"].as_u64() >= Some(2), "{scaled:#}");
    story.wait_for(&path, "running").await;
    story.finish().await;
}
