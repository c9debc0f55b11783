//! A running simulation with an authenticated client and a receiver of its webhooks.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers
#![allow(dead_code)] // each test file uses some of it

pub mod app;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use nokube_conformance::Exchange;
use nokube_sim::{GitHubOptions, SimulatedGitHub, webhook_signature};
use reqwest::{Method, Response};
use serde_json::{Value, json};

pub const SECRET: &str = "webhook-secret";
pub const BUILDER: &str = "/repos/nokube/builder";

pub struct TestGitHub {
    pub sim: SimulatedGitHub,
    pub receiver: WebhookReceiver,
    client: reqwest::Client,
}

/// Starts with short steps, a personal access token and a webhook receiver.
pub async fn start() -> TestGitHub {
    start_with(GitHubOptions::default()).await
}

pub async fn start_with(options: GitHubOptions) -> TestGitHub {
    let step = Duration::from_millis(2);
    let token = Some("personal".to_owned());
    let sim =
        SimulatedGitHub::start(GitHubOptions { step, token, record_responses: true, ..options })
            .await
            .unwrap();
    let receiver = WebhookReceiver::start().await;
    sim.set_webhook(&receiver.url, SECRET);
    let client = reqwest::Client::builder()
        .user_agent("sim-test")
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    TestGitHub { sim, receiver, client }
}

/// Every test also checks its responses against GitHub's OpenAPI description.
impl Drop for TestGitHub {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_conformance(&self.sim);
        }
    }
}

/// Checks all responses and webhooks against GitHub's OpenAPI description. Returns the kinds of those
/// that occurred.
pub fn check_conformance(sim: &SimulatedGitHub) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for request in sim.requests() {
        // GitHub rejects requests without a user agent before they reach the API.
        let is_from_api = request.headers.contains_key("user-agent") && !request.is_faulted;
        let (true, Some(status), Some(response)) = (is_from_api, request.status, &request.response)
        else {
            continue;
        };
        kinds.insert(
            nokube_conformance::check_response(&Exchange {
                method: &request.method,
                path: &request.path,
                request_body: &request.body,
                status,
                headers: &response.headers,
                response_body: &response.body,
            })
            .unwrap_or_else(|error| panic!("does not conform: {error}")),
        );
    }
    for delivery in sim.deliveries() {
        kinds.insert(
            nokube_conformance::check_webhook(
                &delivery.event,
                delivery.action.as_deref(),
                &delivery.body,
            )
            .unwrap_or_else(|error| panic!("does not conform: {error}")),
        );
    }
    kinds
}

impl TestGitHub {
    /// A request without credentials.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sim.url()))
    }

    /// Sends the personal token.
    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).bearer_auth("personal").send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        let request = self.request(Method::POST, path).bearer_auth("personal");
        request.header("x-github-api-version", "2026-03-10").json(&body).send().await.unwrap()
    }

    pub async fn dispatch_with(&self, inputs: Value) -> Response {
        let path = format!("{BUILDER}/actions/workflows/build.yml/dispatches");
        self.post(&path, json!({"ref": "main", "inputs": inputs})).await
    }

    /// Dispatches a build of the image and returns the run's id.
    pub async fn build(&self, build_id: &str, image: &str) -> u64 {
        let response = self.dispatch_with(inputs(build_id, image)).await;
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()["workflow_run_id"].as_u64().unwrap()
    }

    pub async fn run(&self, id: u64) -> Value {
        self.json(&format!("{BUILDER}/actions/runs/{id}")).await
    }

    /// The job of the run's latest attempt. Null without one.
    pub async fn job(&self, run: u64) -> Value {
        let attempt = self.run(run).await["run_attempt"].clone();
        let path = format!("{BUILDER}/actions/runs/{run}/attempts/{attempt}/jobs");
        self.json(&path).await["jobs"][0].clone()
    }
}

pub fn inputs(build_id: &str, image: &str) -> Value {
    json!({
        "build_id": build_id, "repository": "alice/shop", "ref": "5f2c".repeat(10),
        "context": ".", "dockerfile_path": "Dockerfile", "build_args": r#"{"MODE":"prod"}"#,
        "image": image, "tag": "latest", "private": "false",
    })
}

/// The status and the message of an error response.
pub async fn message(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status.to_string());
    assert!(body["documentation_url"].is_string());
    (status, body["message"].as_str().unwrap().to_owned())
}

/// A received webhook.
#[derive(Clone, Debug)]
pub struct Received {
    pub event: String,
    pub action: String,
    /// `X-GitHub-Delivery`
    pub delivery: String,
    pub body: Value,
}

pub struct WebhookReceiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl WebhookReceiver {
    async fn start() -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let sink = received.clone();
        let receive = move |headers: HeaderMap, body: Bytes| async move {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            assert_eq!(header("x-hub-signature-256"), webhook_signature(SECRET, &body).unwrap());
            assert!(header("user-agent").starts_with("GitHub-Hookshot/"));
            let body: Value = serde_json::from_slice(&body).unwrap();
            sink.lock().unwrap().push(Received {
                event: header("x-github-event"),
                action: body["action"].as_str().unwrap_or_default().to_owned(),
                delivery: header("x-github-delivery"),
                body,
            });
            StatusCode::ACCEPTED
        };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, received }
    }

    pub fn all(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// `event.action` of each webhook, in the order of arrival.
    pub fn names(&self) -> Vec<String> {
        let all = self.all();
        all.iter().map(|received| format!("{}.{}", received.event, received.action)).collect()
    }
}
