//! What Gateways, HTTPRoutes and Ingresses say about whether requests reach a route.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support_kubernetes;

use serde_json::{Value, json};
use support_kubernetes::{TestCluster, start_cluster};

fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"ports": [{"port": 80}]},
    })
}

fn route(name: &str, gateway: &str, listener: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "parentRefs": [{"name": gateway, "namespace": "gateway", "sectionName": listener}],
            "hostnames": ["web.example.org"],
            "rules": [{"backendRefs": [{"name": "web-service", "port": 80}]}],
        },
    })
}

/// The reasons of the conditions that a new route has, for each parent.
async fn reasons(cluster: &TestCluster, route: Value) -> Vec<Vec<String>> {
    let name = route["metadata"]["name"].as_str().unwrap().to_owned();
    let path = format!("/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/{name}");
    assert!(cluster.apply(&path, route).await.0 < 300);
    cluster.wait_until_idle().await.unwrap();
    let route = cluster.object("httproutes", "shop", &name).unwrap();
    let parents = route["status"]["parents"].as_array().unwrap();
    let reasons = |parent: &Value| {
        let conditions = parent["conditions"].as_array().unwrap();
        assert_eq!(conditions[0]["observedGeneration"], route["metadata"]["generation"]);
        conditions.iter().map(|one| one["reason"].as_str().unwrap().to_owned()).collect()
    };
    parents.iter().map(reasons).collect()
}

#[tokio::test]
async fn a_route_says_whether_the_gateway_accepts_it() {
    let cluster = start_cluster().await;
    cluster.put_object(service("web-service")).unwrap();
    let table = [
        (route("web", "main", "http"), Some(["Accepted", "ResolvedRefs"])),
        (route("lost", "main", "quic"), Some(["NoMatchingParent", "ResolvedRefs"])),
        (route("noroute", "main", "http"), Some(["NotAllowedByListeners", "ResolvedRefs"])),
        (route("nowhere", "other", "http"), None),
    ];
    for (route, expected) in table {
        let expected: Vec<Vec<_>> =
            expected.into_iter().map(|reasons| reasons.map(String::from).to_vec()).collect();
        assert_eq!(reasons(&cluster, route.clone()).await, expected, "{route}");
    }
    let gateway = cluster.object("gateways", "gateway", "main").unwrap();
    let listeners = &gateway["status"]["listeners"];
    assert_eq!(
        (&listeners[0]["attachedRoutes"], &listeners[1]["attachedRoutes"]),
        (&json!(1), &json!(0))
    );
    cluster.delete_object("services", "shop", "web-service");
    let backend = reasons(&cluster, route("again", "main", "http")).await;
    assert_eq!(backend, [["Accepted", "BackendNotFound"]]);
}

#[tokio::test]
async fn a_gateway_keeps_the_status_that_a_test_gives_it() {
    let cluster = start_cluster().await;
    cluster.wait_until_idle().await.unwrap();
    let mut gateway = cluster.object("gateways", "gateway", "main").unwrap();
    assert_eq!(gateway["status"]["listeners"][1]["name"], "https");
    assert_eq!(gateway["status"]["conditions"][1]["type"], "Programmed");
    gateway["status"]["conditions"][1]["status"] = json!("False");
    cluster.put_object(gateway).unwrap();
    cluster.run_steps(2);
    let gateway = cluster.object("gateways", "gateway", "main").unwrap();
    assert_eq!(gateway["status"]["conditions"][1]["status"], "False");
}

#[tokio::test]
async fn an_ingress_gets_the_default_class_and_an_address_if_its_class_exists() {
    let cluster = start_cluster().await;
    for (name, class, served) in [("web", None, true), ("api", Some("other"), false)] {
        let path = format!("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/{name}");
        let mut object = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": "shop"}, "spec": {"rules": []},
        });
        if let Some(class) = class {
            object["spec"]["ingressClassName"] = json!(class);
        }
        cluster.apply(&path, object).await;
        cluster.wait_until_idle().await.unwrap();
        let ingress = cluster.object("ingresses", "shop", name).unwrap();
        assert_eq!(ingress["spec"]["ingressClassName"], class.unwrap_or("public"));
        assert_eq!(ingress["status"]["loadBalancer"]["ingress"][0]["ip"].is_string(), served);
    }
}
