//! Autoscalers, volume claims, and the Recreate strategy.

mod support_kubernetes;

use serde_json::{Value, json};
use support_kubernetes::{WEB, condition, deployment, start_cluster};

#[tokio::test]
async fn an_autoscaler_keeps_the_replicas_within_its_bounds() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    let scaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"minReplicas": 3, "maxReplicas": 5, "scaleTargetRef": {
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    });
    let path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web";
    cluster.apply(path, scaler).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.web()["status"]["availableReplicas"], 3);
    // Applying without replicas does not change them, and zero replicas are not scaled.
    let (_, body) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(body["spec"]["replicas"], 3);
    let mut stopped = deployment("ghcr.io/a/web:1");
    stopped["spec"]["replicas"] = json!(0);
    cluster.apply(WEB, stopped).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.objects("pods", "shop"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_pod_needs_its_volume_claim_and_keeps_it_while_it_runs() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    let scheduled = condition(&cluster.pod(), "PodScheduled");
    assert!(scheduled["message"].as_str().unwrap().contains("\"data\" not found"), "{scheduled}");
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "shop"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    let path = "/api/v1/namespaces/shop/persistentvolumeclaims/data";
    cluster.apply(path, claim).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.web()["status"]["availableReplicas"], 1);

    cluster.delete(path, json!({})).await;
    cluster.run_steps(3);
    assert!(cluster.get(path).await.1["metadata"]["deletionTimestamp"].is_string());
    cluster.delete(WEB, json!({})).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.get(path).await.0, 404);
}

#[tokio::test]
async fn the_recreate_strategy_never_runs_two_pods_at_once() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    cluster.apply(WEB, object.clone()).await;
    cluster.wait_until_idle().await.unwrap();
    cluster.set_paused(true);
    // Also not when it goes back to the ReplicaSet that it had before.
    for (image, revision) in [("ghcr.io/a/web:2", "2"), ("ghcr.io/a/web:1", "3")] {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        cluster.apply(WEB, object.clone()).await;
        for _ in 0..20 {
            cluster.run_steps(1);
            assert!(cluster.objects("pods", "shop").len() <= 1);
        }
        let web = cluster.web();
        assert_eq!(web["status"]["availableReplicas"], 1);
        assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], revision);
    }
}

#[tokio::test]
async fn a_quota_counts_what_its_namespace_uses() {
    let cluster = start_cluster().await;
    let hard = json!({
        "pods": "4", "requests.cpu": "1", "limits.memory": "1Gi", "count/deployments.apps": "9",
        "services.nodeports": "0",
    });
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": hard},
        "metadata": {"name": "all", "namespace": "shop"},
    });
    cluster.put_object(quota).unwrap();
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(2);
    object["spec"]["template"]["spec"]["containers"][0]["resources"] =
        json!({"requests": {"cpu": "250m"}, "limits": {"memory": "64Mi"}});
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    let quota = cluster.object("resourcequotas", "shop", "all").unwrap();
    assert_eq!(quota["status"]["hard"], quota["spec"]["hard"]);
    let used = json!({
        "pods": "2", "requests.cpu": "500m", "limits.memory": "134217728",
        "count/deployments.apps": "1", "services.nodeports": "0",
    });
    assert_eq!(quota["status"]["used"], used);
}
