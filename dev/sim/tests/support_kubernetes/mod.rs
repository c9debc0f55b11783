//! A simulated cluster with a client that has its token.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests
#![allow(dead_code)] // every test file uses its own part

use std::ops::Deref;
use std::time::Duration;

use nokube_sim::{ClusterOptions, SimulatedCluster};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// It dereferences to [`SimulatedCluster`].
pub struct TestCluster {
    simulated: SimulatedCluster,
    client: reqwest::Client,
}

impl Deref for TestCluster {
    type Target = SimulatedCluster;

    fn deref(&self) -> &SimulatedCluster {
        &self.simulated
    }
}

/// Starts a cluster with short steps and the namespace `shop`.
pub async fn start_cluster() -> TestCluster {
    start_cluster_with(ClusterOptions::default()).await
}

pub async fn start_cluster_with(options: ClusterOptions) -> TestCluster {
    let step = Duration::from_millis(2);
    let token = Some("secret".to_owned());
    let options = ClusterOptions { step, token, ..options };
    let simulated = SimulatedCluster::start(options).await.unwrap();
    let cluster = TestCluster { simulated, client: reqwest::Client::new() };
    cluster.put_object(namespace("shop")).unwrap();
    cluster
}

impl TestCluster {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.url());
        self.client.request(method, url).bearer_auth("secret")
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        parse(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Applies with the field manager `one`, without force.
    pub async fn apply(&self, path: &str, object: Value) -> (u16, Value) {
        self.apply_as(&format!("{path}?fieldManager=one&fieldValidation=Strict"), object).await
    }

    pub async fn apply_as(&self, path: &str, object: Value) -> (u16, Value) {
        let request = self.request(Method::PATCH, path);
        let request = request.header("content-type", "application/apply-patch+yaml");
        parse(request.body(object.to_string()).send().await.unwrap()).await
    }

    pub async fn delete(&self, path: &str, options: Value) -> (u16, Value) {
        let request = self.request(Method::DELETE, path).json(&options);
        parse(request.send().await.unwrap()).await
    }

    /// Applies the Deployment `web` with an image and waits until the cluster is idle.
    pub async fn deploy(&self, image: &str) -> Value {
        let (status, body) = self.apply(WEB, deployment(image)).await;
        assert!(status < 300, "{body}");
        self.wait_until_idle().await.unwrap();
        self.web()
    }

    pub fn web(&self) -> Value {
        self.object("deployments", "shop", "web").unwrap()
    }

    /// The only pod.
    pub fn pod(&self) -> Value {
        let pods = self.objects("pods", "shop");
        assert_eq!(pods.len(), 1, "{pods:#?}");
        pods[0].clone()
    }

    /// The reasons of all events.
    pub fn event_reasons(&self) -> Vec<String> {
        let events = self.objects("events", "shop");
        events.iter().map(|event| event["reason"].as_str().unwrap().to_owned()).collect()
    }
}

pub const WEB: &str = "/apis/apps/v1/namespaces/shop/deployments/web";

pub async fn parse(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

pub fn deployment(image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "app", "image": image, "ports": [{"containerPort": 8080}],
                }]},
            },
        },
    })
}

/// The condition of this type. Null if there is none.
pub fn condition(object: &Value, kind: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.and_then(|all| all.iter().find(|condition| condition["type"] == kind));
    found.cloned().unwrap_or_default()
}
