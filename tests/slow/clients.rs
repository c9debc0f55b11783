//! Clients of a host that is killed while they use it, and a record of its responses.

use fastrand::Rng;
use nokube_tests::{Response, User};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// Enough to have builds in every state at each crash.
const MAX_BUILDS: usize = 200;

/// What the platform has confirmed to all clients together.
#[derive(Default)]
pub struct History {
    /// Builds whose creation was confirmed.
    pub builds: BTreeSet<String>,
    /// By build: the number of retries that were accepted, or interrupted and so possibly accepted.
    pub retries: BTreeMap<String, usize>,
    /// The request of each idempotency key.
    pub keys: BTreeMap<String, Value>,
    /// The number of interrupted requests.
    pub interrupted: usize,
}

/// The URL of the platform; none when the clients shall stop.
pub type CurrentUrl = watch::Receiver<Option<String>>;

pub struct RandomClient {
    url: CurrentUrl,
    history: Arc<Mutex<History>>,
    rng: Rng,
    /// A valid request for a build. Requests replace its service name.
    request: Value,
    /// An idempotency key, and its build if that was confirmed.
    last_key: Option<(String, Option<String>)>,
}

impl RandomClient {
    pub fn new(url: CurrentUrl, history: Arc<Mutex<History>>, seed: u64, request: Value) -> Self {
        Self { url, history, rng: Rng::with_seed(seed), request, last_key: None }
    }

    /// Sends random requests until the URL is none.
    pub async fn run(mut self) {
        loop {
            let current = self.url.borrow_and_update().clone();
            let Some(url) = current else { return };
            let alice = User::at(&url, "alice");
            while self.send_random_request(&alice).await.is_some() {
                if self.url.borrow().is_none() {
                    return;
                }
            }
            self.history.lock().unwrap().interrupted += 1;
            // The host was killed. Wait for its new URL.
            let changed = self.url.wait_for(|current| current.as_ref() != Some(&url)).await;
            if changed.is_err() {
                return;
            }
        }
    }

    /// Returns none if the request was interrupted.
    async fn send_random_request(&mut self, alice: &User) -> Option<()> {
        let builds: Vec<String> = self.history.lock().unwrap().builds.iter().cloned().collect();
        if builds.is_empty() || (builds.len() < MAX_BUILDS && self.rng.u8(..10) == 0) {
            return match self.rng.bool() {
                true => self.create(alice).await,
                false => self.create_with_key(alice).await,
            };
        }
        // Ids are ordered by build number, so the last ones are the running builds.
        let from_end = self.rng.usize(..builds.len().min(8));
        let id = &builds[builds.len() - 1 - from_end];
        let path = format!("/api/v1/builds/{id}");
        match self.rng.u8(..12) {
            0 => {
                let response = try_send(alice.request(Method::DELETE, &path)).await?;
                assert!([202, 409].contains(&response.status), "cancel: {}", response.text);
            }
            1 => {
                let retry = alice.request(Method::POST, &format!("{path}/retry"));
                let response = try_send(retry.json(&json!({}))).await;
                if response.as_ref().is_none_or(|response| response.status == 202) {
                    *self.history.lock().unwrap().retries.entry(id.clone()).or_default() += 1;
                }
                let response = response?;
                assert!([202, 409].contains(&response.status), "retry: {}", response.text);
            }
            2 => {
                let response =
                    try_send(alice.request(Method::GET, "/api/v1/builds?limit=20")).await?;
                response.expect(200);
            }
            _ => {
                let response = try_send(alice.request(Method::GET, &path)).await?;
                assert_eq!(response.expect(200)["build_id"], json!(id));
            }
        }
        Some(())
    }

    async fn create(&mut self, alice: &User) -> Option<()> {
        let response = try_send(create_request(alice, &self.random_request())).await?;
        self.record_build(&response);
        Some(())
    }

    /// Sends a request with a key: a new one, the last one until it is confirmed, or the last one again.
    async fn create_with_key(&mut self, alice: &User) -> Option<()> {
        let reused = self.last_key.take_if(|(_, build)| build.is_none() || self.rng.bool());
        let new_key = || (format!("key-{:x}", self.rng.u64(..)), None);
        let (key, build) = reused.unwrap_or_else(new_key);
        self.last_key = Some((key.clone(), build.clone()));
        let mut body = self.request.clone();
        body["service_name"] = json!(key); // So that the key's builds can be identified.
        self.history.lock().unwrap().keys.insert(key.clone(), body.clone());
        let response =
            try_send(create_request(alice, &body).header("idempotency-key", &key)).await?;
        if response.status == 409 {
            // The first request was interrupted. The key is usable again after a minute.
            assert_eq!(build, None, "{key} was confirmed already");
            self.last_key = None;
            return Some(());
        }
        let id = self.record_build(&response);
        assert!(build.is_none_or(|build| build == id), "{key} created two builds");
        self.last_key = Some((key, Some(id)));
        Some(())
    }

    fn random_request(&mut self) -> Value {
        let mut body = self.request.clone();
        let service = if self.rng.u8(..3) == 0 { "will-fail" } else { "frontend" };
        body["service_name"] = json!(service);
        body
    }

    fn record_build(&self, response: &Response) -> String {
        let id = response.expect(202)["build_id"].as_str().unwrap().to_owned();
        self.history.lock().unwrap().builds.insert(id.clone());
        id
    }
}

fn create_request(alice: &User, body: &Value) -> RequestBuilder {
    alice.request(Method::POST, "/api/v1/builds").json(body)
}

async fn try_send(request: RequestBuilder) -> Option<Response> {
    Response::try_send(request).await.ok()
}
