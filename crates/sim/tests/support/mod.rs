//! A started simulation with a client that has credentials, and somebody who receives its events.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests are tests
#![allow(dead_code)] // every test file uses its own part

pub mod app;
pub mod workflow;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use nokube_conformance::Exchange;
use nokube_sim::{Options, Sim, signature};
use reqwest::{Method, Response};
use serde_json::{Value, json};

pub const SECRET: &str = "webhook-secret";
pub const BUILDER: &str = "/repos/nokube/builder";

pub struct World {
    pub sim: Sim,
    pub inbox: Inbox,
    client: reqwest::Client,
}

/// Fast, with a personal token and a receiver of events.
pub async fn world() -> World {
    world_with(Options::default()).await
}

pub async fn world_with(options: Options) -> World {
    let step = Duration::from_millis(2);
    let token = Some("personal".to_owned());
    let sim = Sim::start(Options { step, token, keep_answers: true, ..options }).await.unwrap();
    let inbox = Inbox::open().await;
    sim.set_webhook(&inbox.url, SECRET);
    let client = reqwest::Client::builder()
        .user_agent("sim-test")
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    World { sim, inbox, client }
}

/// Whatever a test is about: GitHub's own description knows every answer.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            described(&self.sim);
        }
    }
}

/// Which answers and webhooks were given, each of them as it is described.
pub fn described(sim: &Sim) -> BTreeSet<String> {
    let mut given = BTreeSet::new();
    for seen in sim.requests() {
        // A request without a name is answered by another server than the API's.
        let told = seen.headers.contains_key("user-agent") && !seen.faulted;
        let (true, Some(status), Some(answer)) = (told, seen.status, &seen.answer) else {
            continue;
        };
        given.insert(
            nokube_conformance::answered(&Exchange {
                method: &seen.method,
                path: &seen.path,
                sent: &seen.body,
                status,
                headers: &answer.headers,
                body: &answer.body,
            })
            .unwrap_or_else(|fault| panic!("not as described: {fault}")),
        );
    }
    for event in sim.deliveries() {
        given.insert(
            nokube_conformance::told(&event.event, event.action.as_deref(), &event.body)
                .unwrap_or_else(|fault| panic!("not as described: {fault}")),
        );
    }
    given
}

impl World {
    /// A request without credentials, unless they are added.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sim.url()))
    }

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

    pub async fn job(&self, run: u64) -> Value {
        let jobs = self.json(&format!("{BUILDER}/actions/runs/{run}/jobs")).await;
        jobs["jobs"][0].clone()
    }
}

pub fn inputs(build_id: &str, image: &str) -> Value {
    json!({
        "build_id": build_id, "repository": "alice/shop", "ref": "5f2c".repeat(10),
        "context": ".", "dockerfile_path": "Dockerfile", "build_args": r#"{"MODE":"prod"}"#,
        "image": image, "tag": "latest", "private": "false",
    })
}

pub async fn message(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status.to_string());
    assert!(body["documentation_url"].is_string());
    (status, body["message"].as_str().unwrap().to_owned())
}

/// What a receiver got: the event, its action, its delivery id and its body.
#[derive(Clone, Debug)]
pub struct Received {
    pub event: String,
    pub action: String,
    pub delivery: String,
    pub body: Value,
}

pub struct Inbox {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Inbox {
    async fn open() -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let into = received.clone();
        let receive = move |headers: HeaderMap, body: Bytes| async move {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            assert_eq!(header("x-hub-signature-256"), signature(SECRET, &body).unwrap());
            assert!(header("user-agent").starts_with("GitHub-Hookshot/"));
            let body: Value = serde_json::from_slice(&body).unwrap();
            into.lock().unwrap().push(Received {
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

    /// `event.action` of each, in the order of arrival.
    pub fn names(&self) -> Vec<String> {
        let all = self.all();
        all.iter().map(|received| format!("{}.{}", received.event, received.action)).collect()
    }
}
