//! A started cluster with a client that has its token.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests
#![allow(dead_code)] // every test file uses its own part

use std::time::Duration;

use nokube_sim::{Cluster, ClusterOptions};
use reqwest::{Method, Response};
use serde_json::{Value, json};

pub struct World {
    pub cluster: Cluster,
    client: reqwest::Client,
}

/// Fast, with the namespace `shop`.
pub async fn world() -> World {
    world_with(ClusterOptions::default()).await
}

pub async fn world_with(options: ClusterOptions) -> World {
    let step = Duration::from_millis(2);
    let token = Some("secret".to_owned());
    let cluster = Cluster::start(ClusterOptions { step, token, ..options }).await.unwrap();
    let world = World { cluster, client: reqwest::Client::new() };
    let (status, _) = world.apply("/api/v1/namespaces/shop", namespace("shop")).await;
    assert_eq!(status, 201);
    world
}

impl World {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.cluster.url());
        self.client.request(method, url).bearer_auth("secret")
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// As the manager `one`, without force.
    pub async fn apply(&self, path: &str, object: Value) -> (u16, Value) {
        self.apply_as(&format!("{path}?fieldManager=one&fieldValidation=Strict"), object).await
    }

    pub async fn apply_as(&self, path: &str, object: Value) -> (u16, Value) {
        answer(self.send_apply(path, object).await).await
    }

    pub async fn send_apply(&self, path: &str, object: Value) -> Response {
        let request = self.request(Method::PATCH, path);
        let request = request.header("content-type", "application/apply-patch+yaml");
        request.body(object.to_string()).send().await.unwrap()
    }

    pub async fn delete(&self, path: &str, options: Value) -> (u16, Value) {
        let request = self.request(Method::DELETE, path).json(&options);
        answer(request.send().await.unwrap()).await
    }

    /// Applies the deployment `web` of an image and waits until nothing moves.
    pub async fn deploy(&self, image: &str) -> Value {
        let (status, body) = self.apply(WEB, deployment(image)).await;
        assert!(status < 300, "{body}");
        self.cluster.settled().await.unwrap();
        self.web()
    }

    pub fn web(&self) -> Value {
        self.cluster.object("deployments", "shop", "web").unwrap()
    }

    /// The only pod.
    pub fn pod(&self) -> Value {
        let pods = self.cluster.objects("pods", "shop");
        assert_eq!(pods.len(), 1, "{pods:#?}");
        pods[0].clone()
    }

    /// `Type reason` of all events, in the order of their names within each object.
    pub fn events(&self) -> Vec<String> {
        let events = self.cluster.objects("events", "shop");
        events.iter().map(|event| event["reason"].as_str().unwrap().to_owned()).collect()
    }
}

pub const WEB: &str = "/apis/apps/v1/namespaces/shop/deployments/web";

pub async fn answer(response: Response) -> (u16, Value) {
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

/// The condition of a type.
pub fn condition(object: &Value, kind: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.and_then(|all| all.iter().find(|one| one["type"] == kind));
    found.cloned().unwrap_or_default()
}
