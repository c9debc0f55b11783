//! What the controllers make of claims, autoscalers, budgets, routes and addresses.

mod support_cluster;

use serde_json::json;
use support_cluster::{WEB, condition, deployment, world};

#[tokio::test]
async fn a_claim_is_bound_and_may_only_grow() {
    let world = world().await;
    let claim = |size: &str| {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
        })
    };
    let path = "/api/v1/namespaces/shop/persistentvolumeclaims/data";
    world.apply(path, claim("1024Mi")).await;
    world.cluster.settled().await.unwrap();
    let (_, bound) = world.get(path).await;
    assert_eq!(bound["status"]["phase"], "Bound");
    assert_eq!(bound["spec"]["resources"]["requests"]["storage"], "1Gi");
    assert_eq!(world.apply(path, claim("2Gi")).await.0, 200);
    let (status, body) = world.apply(path, claim("512Mi")).await;
    assert_eq!(status, 422);
    assert_eq!(body["details"]["causes"][0]["field"], "spec.resources.requests.storage");
    let mut other = claim("2Gi");
    other["spec"]["accessModes"] = json!(["ReadWriteMany"]);
    let (status, body) = world.apply(path, other).await;
    assert_eq!(status, 422);
    assert_eq!(body["details"]["causes"][0]["reason"], "FieldValueForbidden");
}

#[tokio::test]
async fn an_autoscaler_lifts_replicas_to_its_least_and_owns_them() {
    let world = world().await;
    world.deploy("ghcr.io/a/web:1").await;
    let scaler = |least: u32, most: u32| {
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web"},
            "spec": {"minReplicas": least, "maxReplicas": most, "scaleTargetRef": {
                "apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
        })
    };
    let path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web";
    let (status, body) = world.apply(path, scaler(5, 2)).await;
    assert_eq!(status, 422);
    assert_eq!(body["details"]["causes"][0]["field"], "spec.maxReplicas");
    world.apply(path, scaler(3, 5)).await;
    world.cluster.settled().await.unwrap();
    assert_eq!(world.web()["status"]["availableReplicas"], 3);
    // An apply without replicas leaves them alone.
    let (_, body) = world.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(body["spec"]["replicas"], 3);
    let scaler = world.cluster.object("horizontalpodautoscalers", "shop", "web").unwrap();
    assert_eq!(scaler["status"]["desiredReplicas"], 3);
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(1);
    let (status, body) = world.apply(WEB, object).await;
    assert_eq!(status, 409);
    assert_eq!(
        body["details"]["causes"][0]["message"],
        "conflict with \"kube-controller-manager\" with subresource \"scale\" using apps/v1"
    );
}

#[tokio::test]
async fn budgets_routes_and_addresses_get_their_status() {
    let world = world().await;
    world.deploy("ghcr.io/a/web:1").await;
    let selector = json!({"matchLabels": {"app": "web"}});
    world.apply("/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web", json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
        "spec": {"maxUnavailable": 1, "selector": selector},
    })).await;
    world.apply("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web", json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
        "spec": {"rules": [{"host": "web.example.com", "http": {"paths": [{
            "path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]},
    })).await;
    world
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
    world.cluster.settled().await.unwrap();
    let object = |plural: &str| world.cluster.object(plural, "shop", "web").unwrap();
    assert_eq!(object("poddisruptionbudgets")["status"]["disruptionsAllowed"], 1);
    assert_eq!(object("ingresses")["status"]["loadBalancer"]["ingress"][0]["ip"], "192.0.2.10");
    let route = object("httproutes");
    assert_eq!(route["spec"]["rules"][0]["matches"][0]["path"]["type"], "PathPrefix");
    let parent = json!({"status": route["status"]["parents"][0]});
    assert_eq!(condition(&parent, "Accepted")["status"], "True");
    assert_eq!(condition(&parent, "ResolvedRefs")["reason"], "BackendNotFound");
}

#[tokio::test]
async fn recreating_never_runs_two_at_once() {
    let world = world().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    world.apply(WEB, object.clone()).await;
    world.cluster.settled().await.unwrap();
    world.cluster.hold(true);
    object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("ghcr.io/a/web:2");
    world.apply(WEB, object).await;
    for _ in 0..20 {
        world.cluster.pass(1);
        assert!(world.cluster.objects("pods", "shop").len() <= 1);
    }
    let web = world.web();
    assert_eq!(web["status"]["availableReplicas"], 1);
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
}
