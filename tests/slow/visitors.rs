//! Users of a platform that is killed under their hands, and what they remember of its answers.

use fastrand::Rng;
use nokube_tests::{Answer, User};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// Enough to have some in every state at each crash.
const MOST_BUILDS: usize = 200;

/// What was answered to all visitors together.
#[derive(Default)]
pub struct Memory {
    /// Builds that exist: their creation was answered.
    pub builds: BTreeSet<String>,
    /// How often a retry of a build was accepted, or cut off, so that it may have been.
    pub retries: BTreeMap<String, usize>,
    /// What was asked for with each idempotency key.
    pub keys: BTreeMap<String, Value>,
    /// Requests that were cut off.
    pub cut: usize,
}

/// Where the platform is; nothing once it is time to go.
pub type Place = watch::Receiver<Option<String>>;

pub struct Visitor {
    place: Place,
    memory: Arc<Mutex<Memory>>,
    rng: Rng,
    wanted: Value,
    /// An idempotency key, and the build if that was answered.
    key: Option<(String, Option<String>)>,
}

impl Visitor {
    pub fn new(place: Place, memory: Arc<Mutex<Memory>>, seed: u64, wanted: Value) -> Self {
        Self { place, memory, rng: Rng::with_seed(seed), wanted, key: None }
    }

    /// Does this and that until it is time to go.
    pub async fn stay(mut self) {
        loop {
            let now = self.place.borrow_and_update().clone();
            let Some(url) = now else { return };
            let alice = User::of(&url, "alice");
            while self.one_thing(&alice).await.is_some() {
                if self.place.borrow().is_none() {
                    return;
                }
            }
            self.memory.lock().unwrap().cut += 1;
            // It is down: come back when it is up again.
            let back = self.place.wait_for(|place| place.as_ref() != Some(&url)).await;
            if back.is_err() {
                return;
            }
        }
    }

    /// None if the connection was cut.
    async fn one_thing(&mut self, alice: &User) -> Option<()> {
        let known: Vec<String> = self.memory.lock().unwrap().builds.iter().cloned().collect();
        if known.is_empty() || (known.len() < MOST_BUILDS && self.rng.u8(..10) == 0) {
            return match self.rng.bool() {
                true => self.create(alice).await,
                false => self.create_with_key(alice).await,
            };
        }
        // Ids grow with the build's number: the last ones are those under way.
        let back = self.rng.usize(..known.len().min(8));
        let id = &known[known.len() - 1 - back];
        let path = format!("/api/v1/builds/{id}");
        match self.rng.u8(..12) {
            0 => {
                let told = answer(alice.request(Method::DELETE, &path)).await?;
                assert!([202, 409].contains(&told.status), "cancel: {}", told.text);
            }
            1 => {
                let retry = alice.request(Method::POST, &format!("{path}/retry"));
                let told = answer(retry.json(&json!({}))).await;
                if told.as_ref().is_none_or(|told| told.status == 202) {
                    *self.memory.lock().unwrap().retries.entry(id.clone()).or_default() += 1;
                }
                let told = told?;
                assert!([202, 409].contains(&told.status), "retry: {}", told.text);
            }
            2 => {
                let told = answer(alice.request(Method::GET, "/api/v1/builds?limit=20")).await?;
                told.expect(200);
            }
            _ => {
                let told = answer(alice.request(Method::GET, &path)).await?;
                assert_eq!(told.expect(200)["build_id"], json!(id));
            }
        }
        Some(())
    }

    async fn create(&mut self, alice: &User) -> Option<()> {
        let told = answer(create(alice, &self.any_service())).await?;
        self.remember(&told);
        Some(())
    }

    /// A request with a key is sent again until it is answered, and now and then after that.
    async fn create_with_key(&mut self, alice: &User) -> Option<()> {
        let used = self.key.take_if(|(_, made)| made.is_none() || self.rng.bool());
        let new = || (format!("key-{:x}", self.rng.u64(..)), None);
        let (key, made) = used.unwrap_or_else(new);
        self.key = Some((key.clone(), made.clone()));
        let mut wanted = self.wanted.clone();
        wanted["service_name"] = json!(key); // So that its builds are known by it.
        self.memory.lock().unwrap().keys.insert(key.clone(), wanted.clone());
        let told = answer(create(alice, &wanted).header("idempotency-key", &key)).await?;
        if told.status == 409 {
            // Its first sending was cut off; the key is free again a minute later.
            assert_eq!(made, None, "{key} was answered already");
            self.key = None;
            return Some(());
        }
        let id = self.remember(&told);
        assert!(made.is_none_or(|made| made == id), "{key} made two builds");
        self.key = Some((key, Some(id)));
        Some(())
    }

    fn any_service(&mut self) -> Value {
        let mut wanted = self.wanted.clone();
        let service = if self.rng.u8(..3) == 0 { "will-fail" } else { "frontend" };
        wanted["service_name"] = json!(service);
        wanted
    }

    fn remember(&self, told: &Answer) -> String {
        let id = told.expect(202)["build_id"].as_str().unwrap().to_owned();
        self.memory.lock().unwrap().builds.insert(id.clone());
        id
    }
}

fn create(alice: &User, wanted: &Value) -> RequestBuilder {
    alice.request(Method::POST, "/api/v1/builds").json(wanted)
}

async fn answer(request: RequestBuilder) -> Option<Answer> {
    Answer::if_any(request).await.ok()
}
