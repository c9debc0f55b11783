//! Volume claims, autoscalers, disruption budgets, routes, ingresses, and the Recreate strategy.

mod support_kubernetes;

use serde_json::json;
use support_kubernetes::{WEB, condition, deployment, start_cluster};

#[tokio::test]
async fn a_volume_claim_is_bound_and_can_only_grow() {
    let cluster = start_cluster().await;
    let claim = |size: &str| {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
        })
    };
    let path = "/api/v1/namespaces/shop/persistentvolumeclaims/data";
    cluster.apply(path, claim("1024Mi")).await;
    cluster.wait_until_idle().await.unwrap();
    let (_, bound) = cluster.get(path).await;
    assert_eq!(bound["status"]["phase"], "Bound");
    assert_eq!(bound["spec"]["resources"]["requests"]["storage"], "1Gi");
    assert_eq!(cluster.apply(path, claim("2Gi")).await.0, 200);
    let (status, body) = cluster.apply(path, claim("512Mi")).await;
    assert_eq!(status, 422);
    assert_eq!(body["details"]["causes"][0]["field"], "spec.resources.requests.storage");
    let mut other = claim("2Gi");
    other["spec"]["accessModes"] = json!(["ReadWriteMany"]);
    let (status, body) = cluster.apply(path, other).await;
    assert_eq!(status, 422);
    assert_eq!(body["details"]["causes"][0]["reason"], "FieldValueForbidden");
}

#[tokio::test]
async fn an_autoscaler_raises_replicas_to_its_minimum_and_owns_the_field() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    let scaler = |min: u32, max: u32| {
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web"},
            "spec": {"minReplicas": min, "maxReplicas": max, "scaleTargetRef": {
                "apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
        })
    };
    let path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web";
    let (status, body) = cluster.apply(path, scaler(5, 2)).await;
    assert_eq!(status, 422);
    assert_eq!(body["details"]["causes"][0]["field"], "spec.maxReplicas");
    cluster.apply(path, scaler(3, 5)).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.web()["status"]["availableReplicas"], 3);
    // Applying without replicas does not change them.
    let (_, body) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(body["spec"]["replicas"], 3);
    let scaler = cluster.object("horizontalpodautoscalers", "shop", "web").unwrap();
    assert_eq!(scaler["status"]["desiredReplicas"], 3);
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(1);
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!(status, 409);
    assert_eq!(
        body["details"]["causes"][0]["message"],
        "conflict with \"kube-controller-manager\" with subresource \"scale\" using apps/v1"
    );
}

#[tokio::test]
async fn disruption_budgets_routes_and_ingresses_get_a_status() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    let selector = json!({"matchLabels": {"app": "web"}});
    cluster.apply("/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web", json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
        "spec": {"maxUnavailable": 1, "selector": selector},
    })).await;
    cluster.apply("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web", json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
        "spec": {"rules": [{"host": "web.example.com", "http": {"paths": [{
            "path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]},
    })).await;
    cluster
        .apply(
            "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web",
            json!({
                "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                "metadata": {"name": "web"},
                "spec": {"parentRefs": [{"name": "main"}],
                         "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
            }),
        )
        .await;
    cluster.wait_until_idle().await.unwrap();
    let object = |plural: &str| cluster.object(plural, "shop", "web").unwrap();
    assert_eq!(object("poddisruptionbudgets")["status"]["disruptionsAllowed"], 1);
    assert_eq!(object("ingresses")["status"]["loadBalancer"]["ingress"][0]["ip"], "192.0.2.10");
    let route = object("httproutes");
    assert_eq!(route["spec"]["rules"][0]["matches"][0]["path"]["type"], "PathPrefix");
    let parent = json!({"status": route["status"]["parents"][0]});
    assert_eq!(condition(&parent, "Accepted")["status"], "True");
    assert_eq!(condition(&parent, "ResolvedRefs")["reason"], "BackendNotFound");
}

#[tokio::test]
async fn the_recreate_strategy_never_runs_two_pods_at_once() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    cluster.apply(WEB, object.clone()).await;
    cluster.wait_until_idle().await.unwrap();
    cluster.set_paused(true);
    object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("ghcr.io/a/web:2");
    cluster.apply(WEB, object).await;
    for _ in 0..20 {
        cluster.run_steps(1);
        assert!(cluster.objects("pods", "shop").len() <= 1);
    }
    let web = cluster.web();
    assert_eq!(web["status"]["availableReplicas"], 1);
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
}
