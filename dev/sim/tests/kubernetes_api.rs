//! Lists, selectors, logs, faults, discovery, and the control API.

mod support_kubernetes;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use nokube_sim::{ClusterOptions, Fault};
use reqwest::Method;
use serde_json::{Value, json};
use support_kubernetes::{WEB, deployment, parse, start_cluster, start_cluster_with};

#[tokio::test]
async fn lists_support_selectors_and_pagination() {
    let cluster = start_cluster().await;
    for (name, tier) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let path = format!("/api/v1/namespaces/shop/configmaps/{name}");
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "labels": {"tier": tier}},
        });
        cluster.apply(&path, map).await;
    }
    let names = async |query: &str| {
        let (status, body) =
            cluster.get(&format!("/api/v1/namespaces/shop/configmaps?{query}")).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["kind"], "ConfigMapList");
        let items = body["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("labelSelector=tier%3Dx").await, ["a", "c"]);
    assert_eq!(names("labelSelector=tier+in+(y,z)").await, ["b"]);
    assert_eq!(names("labelSelector=tier,tier+notin+(x)").await, ["b"]);
    assert_eq!(names("labelSelector=!tier").await, ["kube-root-ca.crt"]);
    assert_eq!(names("fieldSelector=metadata.name%3Dc").await, ["c"]);
    let (_, first) = cluster.get("/api/v1/namespaces/shop/configmaps?limit=3").await;
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    let next = first["metadata"]["continue"].as_str().unwrap();
    let rest = names(&format!("limit=3&continue={next}")).await;
    assert_eq!(rest, ["kube-root-ca.crt"]);
    let (status, body) =
        cluster.get("/api/v1/namespaces/shop/configmaps?fieldSelector=data.x%3D1").await;
    assert_eq!((status, &body["message"]), (400, &json!("field label not supported: data.x")));
}

#[tokio::test]
async fn events_are_selected_by_their_object() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web-crash:1").await;
    let uid = cluster.pod()["metadata"]["uid"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3D{uid}");
    let (_, body) = cluster.get(&path).await;
    let reasons: Vec<&str> = body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["reason"].as_str().unwrap())
        .collect();
    assert!(reasons.contains(&"BackOff") && reasons.contains(&"Scheduled"), "{reasons:?}");
    assert!(!reasons.contains(&"SuccessfulCreate"));
}

#[tokio::test]
async fn logs_can_be_read_followed_and_read_from_before_a_restart() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    let log = |cluster: &support_kubernetes::TestCluster, query: &str| {
        let pod = cluster.pod()["metadata"]["name"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/namespaces/shop/pods/{pod}/log?{query}");
        cluster.request(Method::GET, &path)
    };
    let text = log(&cluster, "").send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("Starting web:1\nListening on 0.0.0.0:8080\n"), "{text}");
    let tail = log(&cluster, "tailLines=1&timestamps=true").send().await.unwrap();
    assert_eq!(tail.headers()["content-type"], "text/plain");
    assert_eq!(tail.text().await.unwrap().lines().count(), 1);
    let cut = log(&cluster, "limitBytes=8").send().await.unwrap().text().await.unwrap();
    assert_eq!(cut, "Starting");
    let mut follow = log(&cluster, "follow=true&limitBytes=400").send().await.unwrap();
    let mut got = String::new();
    while let Some(chunk) = follow.chunk().await.unwrap() {
        got += std::str::from_utf8(&chunk).unwrap();
    }
    assert_eq!(got.len(), 400);
    let (status, body) = parse(log(&cluster, "previous=true").send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .starts_with("previous terminated container \"app\" in pod")
    );

    let crashing = start_cluster_with(ClusterOptions::default()).await;
    crashing.deploy("ghcr.io/a/web-crash:1").await;
    let text = log(&crashing, "previous=true").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("ECONNREFUSED"), "{text}");
    let failing = start_cluster_with(ClusterOptions::default()).await;
    failing.deploy("ghcr.io/a/web-nopull:1").await;
    let (status, body) = parse(log(&failing, "").send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("is waiting to start: trying and failing to pull image")
    );
}

#[tokio::test]
async fn faults_and_delays_apply_to_requests() {
    let cluster = start_cluster().await;
    let overload = Fault::status("GET", "/deployments", 429).header("retry-after", "1");
    cluster.add_fault(overload);
    let limited = cluster.request(Method::GET, WEB).send().await.unwrap();
    assert_eq!(
        (limited.status().as_u16(), limited.headers()["retry-after"].as_bytes()),
        (429, b"1".as_slice())
    );
    cluster.set_delay(Duration::from_millis(50));
    let begin = Instant::now();
    assert_eq!(cluster.get(WEB).await.0, 404);
    assert!(begin.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn discovery_and_access_reviews_show_the_current_state() {
    let cluster = start_cluster().await;
    let (_, version) = cluster.get("/version").await;
    assert_eq!(version["minor"], "36");
    let path = "/apis/gateway.networking.k8s.io/v1";
    assert_eq!(cluster.get(path).await.1["resources"][0]["name"], "httproutes");
    cluster.set_gateway_api(false);
    assert_eq!(cluster.request(Method::GET, path).send().await.unwrap().status(), 404);
    let review = json!({"spec": {"resourceAttributes": {
        "namespace": "shop", "verb": "create", "group": "apps", "resource": "deployments"}}});
    let is_allowed = async || {
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let request = cluster.request(Method::POST, path).json(&review);
        parse(request.send().await.unwrap()).await.1["status"]["allowed"].clone()
    };
    assert_eq!(is_allowed().await, json!(true));
    cluster.deny("create", "deployments.apps");
    assert_eq!(is_allowed().await, json!(false));
}

#[tokio::test]
async fn objects_can_be_created_replaced_and_patched() {
    let cluster = start_cluster().await;
    let all = "/api/v1/namespaces/shop/configmaps";
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"},
    });
    let post =
        async || parse(cluster.request(Method::POST, all).json(&map).send().await.unwrap()).await;
    assert_eq!(post().await.0, 201);
    let (status, body) = post().await;
    assert_eq!((status, &body["reason"]), (409, &json!("AlreadyExists")));
    let request = cluster.request(Method::PATCH, &format!("{all}/m"));
    let request = request.header("content-type", "application/merge-patch+json");
    let request = request.body(json!({"data": {"a": null, "b": "2"}}).to_string());
    let (status, body) = parse(request.send().await.unwrap()).await;
    assert_eq!((status, &body["data"]), (200, &json!({"b": "2"})));
    let mut old = body.clone();
    old["metadata"]["resourceVersion"] = json!("1");
    let put = cluster.request(Method::PUT, &format!("{all}/m")).json(&old);
    let (status, body) = parse(put.send().await.unwrap()).await;
    assert_eq!((status, &body["reason"]), (409, &json!("Conflict")));
}

#[tokio::test]
async fn the_control_api_steers_the_cluster() {
    let control = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let cluster = start_cluster_with(ClusterOptions { control, ..Default::default() }).await;
    let control = cluster.control_url().unwrap();
    let http = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let response = http.post(format!("{control}{path}")).json(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
    };
    post("/settings", json!({"hold": true, "delay_ms": 1})).await;
    post("/objects", deployment("ghcr.io/a/web:1")).await;
    post("/pass/10", Value::Null).await;
    post("/faults", json!({"path_contains": "/deployments", "status": 503})).await;
    post("/denied/list/pods", Value::Null).await;
    assert_eq!(cluster.request(Method::GET, WEB).send().await.unwrap().status(), 503);
    assert_eq!(cluster.get("/api/v1/namespaces/shop/pods").await.0, 403);
    let state: Value = http.get(&control).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["busy"], false);
    let web: Value = http
        .get(format!("{control}/objects/deployments/shop/web"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(web["status"]["availableReplicas"], 1);
}
