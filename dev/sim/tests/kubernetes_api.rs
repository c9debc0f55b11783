//! Lists, logs, access, faults, and control of the simulation.

mod support_kubernetes;

use std::time::{Duration, Instant};

use nokube_sim::{ClusterOptions, Fault};
use reqwest::Method;
use serde_json::{Value, json};
use support_kubernetes::{WEB, deployment, namespace, parse, start_cluster, start_cluster_with};

#[tokio::test]
async fn a_list_has_the_objects_with_a_label_whole_or_only_their_metadata() {
    let cluster = start_cluster().await;
    for (name, tier) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let path = format!("/api/v1/namespaces/shop/configmaps/{name}");
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "shop", "labels": {"tier": tier}},
            "data": {"key": name},
        });
        cluster.apply(&path, map).await;
    }
    let data = async |query: &str, accept: &str| {
        let path = format!("/api/v1/namespaces/shop/configmaps?{query}");
        let request = cluster.request(Method::GET, &path).header("accept", accept);
        let (status, body) = parse(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{body}");
        let items = body["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["data"]["key"].clone()).collect::<Vec<_>>()
    };
    let whole = "application/json";
    assert_eq!(data("labelSelector=tier%3Dx", whole).await, ["a", "c"]);
    assert_eq!(data("limit=1", whole).await, ["a"]);
    let metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    assert_eq!(data("labelSelector=tier%3Dy", metadata).await, [Value::Null]);
    // What the product does not send is not ignored, so that a test shows that it is missing.
    for query in ["fieldSelector=metadata.name%3Dc", "labelSelector=tier+in+(y)", "watch=true"] {
        let (status, _) = cluster.get(&format!("/api/v1/namespaces/shop/configmaps?{query}")).await;
        assert_eq!(status, 501, "{query}");
    }
}

#[tokio::test]
async fn logs_can_be_read_followed_and_read_from_before_a_restart() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    let log = |cluster: &support_kubernetes::TestCluster, query: &str| {
        let pod = cluster.pod()["metadata"]["name"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/namespaces/shop/pods/{pod}/log?container=app&{query}");
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
async fn requests_need_the_token_and_permissions_can_be_denied() {
    let cluster = start_cluster().await;
    let url = format!("{}{WEB}", cluster.url());
    let rejected = reqwest::Client::new().get(url).bearer_auth("wrong").send().await.unwrap();
    let (status, body) = parse(rejected).await;
    assert_eq!((status, &body["reason"]), (401, &json!("Unauthorized")));

    let review = json!({"spec": {"resourceAttributes": {
        "namespace": "shop", "verb": "patch", "group": "apps", "resource": "deployments"}}});
    let is_allowed = async || {
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let request = cluster.request(Method::POST, path).json(&review);
        parse(request.send().await.unwrap()).await.1["status"]["allowed"].clone()
    };
    assert_eq!(is_allowed().await, json!(true));
    cluster.deny("patch", "deployments.apps");
    assert_eq!(is_allowed().await, json!(false));
    let (status, body) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(status, 403);
    assert_eq!(
        body["message"],
        "deployments.apps \"web\" is forbidden: User \"system:serviceaccount:default:deployer\" \
         cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"shop\""
    );
    cluster.allow_everything();
    assert_eq!(cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await.0, 201);
    let requests = cluster.requests();
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")));
}

#[tokio::test]
async fn the_gateway_api_need_not_be_installed() {
    let cluster = start_cluster().await;
    let path = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes";
    assert_eq!(cluster.get(path).await.0, 200);
    cluster.set_gateway_api(false);
    assert_eq!(cluster.request(Method::GET, path).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_platforms_admission_policy_protects_other_namespaces() {
    let options = ClusterOptions { platform_rbac: true, ..ClusterOptions::default() };
    let cluster = start_cluster_with(options).await;
    let (status, _) = cluster.apply("/api/v1/namespaces/nk-a", namespace("nk-a")).await;
    assert_eq!(status, 201);
    let (status, body) = cluster.apply("/api/v1/namespaces/tenant", namespace("tenant")).await;
    assert_eq!(status, 422);
    assert!(body["message"].as_str().unwrap().contains("ValidatingAdmissionPolicy"), "{body}");
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": "a", "namespace": "nokube-preview" }, "spec": { "ports": [{ "port": 80 }] },
    });
    let path = "/api/v1/namespaces/nokube-preview/services/a";
    let (status, body) = cluster.apply(path, service).await;
    assert_eq!(status, 422);
    assert!(body["message"].as_str().unwrap().contains("'nokube-deployer-network'"), "{body}");
}

#[tokio::test]
async fn a_paused_cluster_runs_step_by_step() {
    let cluster = start_cluster().await;
    cluster.set_paused(true);
    cluster.put_object(deployment("ghcr.io/a/web:1")).unwrap();
    assert_eq!(cluster.objects("pods", "shop"), Vec::<Value>::new());
    cluster.run_steps(10);
    assert_eq!(cluster.web()["status"]["availableReplicas"], 1);
    assert!(!cluster.is_busy());
    assert!(cluster.delete_object("deployments", "shop", "web"));
    cluster.run_steps(10);
    assert_eq!(cluster.objects("pods", "shop"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let cluster = start_cluster().await;
    for number in 0..5 {
        let metadata = json!({"name": format!("m{number}"), "namespace": "shop"});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        cluster.put_object(object).unwrap();
    }
    let list = "/api/v1/namespaces/shop/configmaps?limit=2";
    let (mut path, mut sizes) = (list.to_owned(), Vec::new());
    loop {
        let (_, page) = cluster.get(&path).await;
        sizes.push(page["items"].as_array().unwrap().len());
        let Some(token) = page["metadata"]["continue"].as_str() else { break };
        path = format!("{list}&continue={token}");
    }
    assert_eq!(sizes, [2, 2, 1]);
}
