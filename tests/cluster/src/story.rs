//! One user with one project, on a platform of its own.

use crate::{Load, cluster, config};
use anyhow::Result;
use nokube_dev_cluster::{Client, Cluster};
use nokube_tests::{TestConfig, TestPlatform, User};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// The test app of the open registry.
pub const APP: &str = "registry.example.org/team/app";

const TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(200);

pub struct Story {
    pub cluster: &'static Cluster,
    pub platform: TestPlatform,
    pub user: User,
    pub login: String,
    pub project: u64,
    /// The namespace of the project.
    pub namespace: String,
    pub admin: Client,
}

impl Story {
    /// With Ingresses.
    pub async fn start(name: &str) -> Self {
        let cluster = cluster().await;
        Self::with(name, config(cluster).await).await
    }

    pub async fn with(name: &str, config: TestConfig) -> Self {
        let cluster = cluster().await;
        let platform = config.start().await;
        // Unique, because a cluster that `make cluster` holds has the objects of earlier runs.
        let login = format!("{name}{:04x}", std::process::id() & 0xffff);
        let user = platform.user(&login);
        let project = user.create_project("app").await;
        let namespace = format!("nk-{login}-app");
        Self { cluster, platform, user, login, project, namespace, admin: cluster.admin().unwrap() }
    }

    /// The body of a request for a service with a version of the test app.
    pub async fn request(&self, service: &str, version: &str) -> Value {
        let image = format!("{APP}:{version}");
        let mut request = self.user.deployment_request(self.project, service, &image).await;
        request["readiness_check_path"] = "/ready".into();
        request["readiness_initial_delay"] = 0.into();
        request["health_check_period"] = 2.into();
        // Many tests share the two nodes.
        request["cpu_request"] = "20m".into();
        request
    }

    /// Deploys, and waits until the release runs. Returns the deployment's path.
    pub async fn deploy(&self, request: &Value) -> String {
        let path = self.user.deploy(request).await;
        self.wait_for(&path, "running").await;
        path
    }

    /// Waits until the deployment has this status.
    pub async fn wait_for(&self, path: &str, status: &str) -> Value {
        self.wait_until(path, status, |deployment| deployment["status"] == status).await
    }

    /// Waits until the deployment meets the condition. `what` is for the message.
    pub async fn wait_until(
        &self,
        path: &str,
        what: &str,
        condition: impl Fn(&Value) -> bool,
    ) -> Value {
        let started_at = Instant::now();
        loop {
            let deployment = self.user.get(path).await.expect(200);
            if condition(&deployment) {
                return deployment;
            }
            if started_at.elapsed() > TIMEOUT {
                panic!("{path} is not {what} after {TIMEOUT:?}: {deployment:#}");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Opens a service's public address, as somebody outside. Returns status and body.
    pub async fn browse(&self, url: &str) -> Result<(u16, String)> {
        self.send(Method::GET, url, "").await
    }

    pub async fn send(&self, method: Method, url: &str, body: &str) -> Result<(u16, String)> {
        let response = self.response(method, url, body).await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// As [`Self::send`], with the headers of the response.
    pub async fn response(&self, method: Method, url: &str, body: &str) -> Result<Response> {
        let url: reqwest::Url = url.parse()?;
        let port = url.port_or_known_default().unwrap();
        let address = SocketAddr::new(self.cluster.entrance_address().parse()?, port);
        let ca = reqwest::Certificate::from_pem(self.cluster.ca_pem().as_bytes())?;
        let client = reqwest::Client::builder()
            .add_root_certificate(ca)
            .redirect(reqwest::redirect::Policy::none())
            .resolve(url.host_str().unwrap(), address)
            .no_proxy()
            .timeout(Duration::from_secs(15))
            .build()?;
        Ok(client.request(method, url).body(body.to_owned()).send().await?)
    }

    /// As [`Self::browse`], until the response has status 200: routes take a moment.
    pub async fn browse_when_routed(&self, url: &str) -> String {
        let started_at = Instant::now();
        loop {
            let result = self.browse(url).await;
            match result {
                Ok((200, body)) => return body,
                _ if started_at.elapsed() > TIMEOUT => panic!("{url}: {result:?}"),
                _ => tokio::time::sleep(POLL_INTERVAL).await,
            }
        }
    }

    /// Waits until this version of the test app answers. Pods of the older release go on answering until the
    /// controller knows the new ones.
    pub async fn wait_for_version(&self, url: &str, version: &str) {
        let started_at = Instant::now();
        loop {
            let body = self.browse_when_routed(url).await;
            let answer: Value = serde_json::from_str(&body).unwrap();
            if answer["version"] == version {
                return;
            }
            assert!(started_at.elapsed() < TIMEOUT, "{url} is not {version}: {answer}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The service's public address, as soon as requests to it arrive.
    pub async fn public_url(&self, path: &str) -> String {
        let url = text(&self.user.get(path).await.expect(200), "/access_url").to_owned();
        self.browse_when_routed(&format!("{url}/live")).await;
        url
    }

    /// Steady requests to a service's cluster IP, from another pod of the project on node 1.
    pub async fn load_by_cluster_ip(&self, service: &str, rate: u32) -> Load {
        let pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "namespace": self.namespace, "name": "client" },
            "spec": { "nodeName": "node1", "containers": [{
                "name": "app",
                "image": format!("{APP}:v1"),
                "env": [{ "name": "PORT", "value": "8080" }],
            }] },
        });
        let address = self.start_pod(&pod).await;
        let url = self.cluster_url(service).await;
        // Policies know a new pod after a moment.
        let started_at = Instant::now();
        let mut in_a_row = 0;
        while in_a_row < 10 {
            assert!(started_at.elapsed() < TIMEOUT, "{url} does not answer");
            let mut curl = self.cluster.command_in_pod(&address, "curl".as_ref());
            let curl = curl.args(["-sS", "--max-time", "2", &url]).output().await.unwrap();
            in_a_row = if curl.status.success() { in_a_row + 1 } else { 0 };
        }
        Load::from_pod(self.cluster, &address, &url, rate)
    }

    /// Creates a pod, and waits until it runs. Returns its address.
    pub async fn start_pod(&self, pod: &Value) -> String {
        self.admin.apply(pod).await.unwrap().ok().unwrap();
        let path = self.admin.path_of(pod).await.unwrap();
        let is_ready = |pod: &Value| pod["status"]["containerStatuses"][0]["ready"] == true;
        text(&self.admin.wait_until(&path, is_ready).await.unwrap(), "/status/podIP").to_owned()
    }

    /// The URL of a service by its cluster IP.
    pub async fn cluster_url(&self, service: &str) -> String {
        let path = format!("/api/v1/namespaces/{}/services/{service}-service", self.namespace);
        let object = self.admin.get(&path).await.unwrap().ok().unwrap();
        let port = &object["spec"]["ports"][0]["port"];
        format!("http://{}:{port}/", text(&object, "/spec/clusterIP"))
    }

    /// Asks a test app by its pod's address whether it can connect to an address: the first word of its answer.
    pub async fn ask_pod_to_connect(&self, pod_url: &str, to: &str) -> String {
        let url = format!("{pod_url}/connect?to={to}");
        let mut curl = self.cluster.command_on_node(1, "curl".as_ref());
        let output = curl.args(["-sS", "--max-time", "10", &url]).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        first_word(&String::from_utf8_lossy(&output.stdout))
    }

    /// Deletes the project's namespace and stops the platform.
    pub async fn finish(self) {
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        let options = json!({ "propagationPolicy": "Background" });
        self.admin.delete(&path, &options).await.unwrap();
        self.platform.finish().await;
    }
}

pub fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// The string at a JSON pointer, or an empty one.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
