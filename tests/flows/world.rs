//! The whole product in one value: the real components under the local host, a simulated GitHub,
//! and users who call it.
//!
//! ```ignore
//! let world = World::new().await;
//! let alice = world.user("alice");
//! let build = alice.build(alice.project("myapp").await).await;
//! assert_eq!(alice.until_ended(&build).await["status"], "success");
//! world.end().await;
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use local_host::{App, Console, Counts, Options, Running};
use nokube_domain::jwt::{Audience, Claims, sign};
use nokube_sim::{HoldAt, Sim};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;

pub const JWT_SECRET: &str = "sentinel-jwt-secret-of-32-bytes-at-least";
pub const WEBHOOK_SECRET: &str = "sentinel-webhook-secret";
pub const GITHUB_TOKEN: &str = "sentinel-github-token";
pub const SESSION_SECRET: &str = "sentinel-session-secret-of-32-bytes-at-least";
pub const CLIENT_ID: &str = "Iv1.tests";
pub const CLIENT_SECRET: &str = "sentinel-client-secret";
/// The platform's own address, as far as browsers are concerned; tests follow redirects themselves.
pub const PLATFORM: &str = "http://nokube.test";
pub const BUILDER: &str = "platform/builder";

/// The components, compiled once for all tests of a process.
fn app() -> App {
    static APP: OnceLock<App> = OnceLock::new();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
    APP.get_or_init(|| App::load(&manifest).expect("the components; `make components` builds them"))
        .clone()
}

/// How a world differs from the usual one.
pub struct Plan {
    pub variables: BTreeMap<String, String>,
    pub github: nokube_sim::Options,
    /// Whether the platform's webhook is set up at GitHub.
    pub webhook: bool,
}

impl Plan {
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// A world in which no webhook ever arrives.
    pub fn without_webhooks(mut self) -> Self {
        self.webhook = false;
        self
    }

    pub fn github(mut self, change: impl FnOnce(&mut nokube_sim::Options)) -> Self {
        change(&mut self.github);
        self
    }

    pub async fn start(self) -> World {
        let sim = Sim::start(self.github).await.unwrap();
        let state = TempDir::new().unwrap();
        let mut variables = self.variables;
        for name in ["github_api_url", "registry_api_url", "github_sign_in_url"] {
            variables.entry(name.into()).or_insert_with(|| sim.url());
        }
        let options = Options {
            state_dir: state.path().into(),
            variables,
            console: Console::Capture,
            ..Options::default()
        };
        let host = app().serve(options.clone()).await.unwrap();
        let world = World { sim, host: Some(host), state, options, client: Client::new() };
        if self.webhook {
            world.connect_webhook();
        }
        world
    }
}

pub struct World {
    pub sim: Sim,
    host: Option<Running>,
    state: TempDir,
    options: Options,
    client: Client,
}

impl World {
    /// The usual world: a token of GitHub's, steps of some milliseconds, reads that ask at once.
    pub fn plan() -> Plan {
        let variables = [
            ("auth_jwt_secret", JWT_SECRET),
            ("auth_jwt_subjects_are_github_logins", "true"),
            ("github_builder_repository", BUILDER),
            ("github_token", GITHUB_TOKEN),
            ("github_webhook_secret", WEBHOOK_SECRET),
            ("registry_namespace", "platform"),
            ("build_quiet_seconds", "0"),
            ("platform_url", PLATFORM),
            ("auth_session_secret", SESSION_SECRET),
            ("github_oauth_client_id", CLIENT_ID),
            ("github_oauth_client_secret", CLIENT_SECRET),
            ("auth_allowed_users", "alice, bob, carol"),
            ("auth_administrators", "root"),
            // Tests that are about limits set them.
            ("limit_builds_per_minute", "0"),
            ("limit_deploys_per_minute", "0"),
            ("limit_sign_ins_per_minute", "0"),
            ("max_running_builds_per_person", "0"),
            ("github_retry_first_ms", "20"),
            ("github_retry_longest_ms", "1500"),
        ];
        Plan {
            variables: variables.map(|(name, value)| (name.into(), value.into())).into(),
            github: nokube_sim::Options {
                builder_repository: BUILDER.into(),
                token: Some(GITHUB_TOKEN.into()),
                step: Duration::from_millis(10),
                oauth: Some((CLIENT_ID.into(), CLIENT_SECRET.into())),
                ..nokube_sim::Options::default()
            },
            webhook: true,
        }
    }

    pub async fn new() -> Self {
        Self::plan().start().await
    }

    pub fn host(&self) -> &Running {
        self.host.as_ref().unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.host().url())
    }

    pub fn connect_webhook(&self) {
        self.sim.set_webhook(&self.url("/api/v1/webhooks/github"), WEBHOOK_SECRET);
    }

    /// Another value of a variable, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.options.variables.insert(name.into(), value.into());
    }

    /// The platform is stopped and started again on the same storage.
    pub async fn restart(&mut self) {
        self.host.take().unwrap().stop().await.unwrap();
        self.host = Some(app().serve(self.options.clone()).await.unwrap());
    }

    /// The file of the storage, for a test that prepares or looks at what is in it.
    pub fn storage(&self) -> PathBuf {
        storage(self.state.path())
    }

    pub fn anybody(&self) -> User {
        User { client: self.client.clone(), base: self.host().url(), token: None }
    }

    pub fn user(&self, login: &str) -> User {
        self.user_with(claims(login))
    }

    pub fn user_with(&self, claims: Claims) -> User {
        self.bearer(&sign(&claims, JWT_SECRET.as_bytes()).unwrap())
    }

    /// Somebody with this very token.
    pub fn bearer(&self, token: &str) -> User {
        User { token: Some(token.into()), ..self.anybody() }
    }

    /// Asks for a build that goes on until it is released, and returns its path once it is running.
    pub async fn running_build(&self, user: &User) -> String {
        self.sim.hold_runs(HoldAt::InProgress);
        let path = user.build(user.project("myapp").await).await;
        user.until(&path, &["building"]).await;
        path
    }

    /// What `doing` costs the host: key-value round trips, outbound requests.
    pub async fn cost<T>(&self, doing: impl Future<Output = T>) -> (T, Counts) {
        let before = self.host().counts();
        let done = doing.await;
        (done, self.host().counts() - before)
    }

    /// Sends a webhook as GitHub does, signed with `secret`.
    pub async fn webhook(&self, event: &str, body: &Value, secret: &str) -> Answer {
        self.deliver(event, serde_json::to_vec(body).unwrap(), secret).await
    }

    /// As [`Self::webhook`], byte for byte.
    pub async fn deliver(&self, event: &str, body: Vec<u8>, secret: &str) -> Answer {
        let signature = nokube_sim::signature(secret, &body).unwrap();
        let request = self.client.post(self.url("/api/v1/webhooks/github"));
        let request = request
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-hub-signature-256", signature);
        Answer::of(request.body(body)).await
    }

    /// Ends the world and looks at what is left over: no secret in storage or on the console, no
    /// error of ours, no trap.
    pub async fn end(self) {
        self.end_with_errors(&[]).await;
    }

    /// As [`Self::end`], where errors of ours that contain these words are expected.
    pub async fn end_with_errors(mut self, expected: &[&str]) {
        let host = self.host.take().unwrap();
        let console = host.console();
        host.stop().await.unwrap();
        look_at_leftovers(&console, self.state.path(), expected);
    }
}

/// The file of the storage in a state directory.
pub fn storage(state: &Path) -> PathBuf {
    state.join(".spin/sqlite_key_value.db")
}

/// No secret in storage or on the console, no error of ours, no trap.
pub fn look_at_leftovers(console: &str, state: &Path, expected: &[&str]) {
    let mut left = console.as_bytes().to_vec();
    for file in std::fs::read_dir(state.join(".spin")).into_iter().flatten() {
        left.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let secrets = [JWT_SECRET, WEBHOOK_SECRET, GITHUB_TOKEN, SESSION_SECRET, CLIENT_SECRET];
    let kinds = ["PRIVATE KEY", "ghs_", "ghu_", "nkt_", "nkr_", "Bearer "];
    for secret in secrets.into_iter().chain(kinds) {
        let found = memchr::memmem::find(&left, secret.as_bytes()).is_some();
        assert!(!found, "'{secret}' was left in storage or on the console");
    }
    let bad = |line: &&str| {
        ["error component=", "panicked", "trap"].iter().any(|word| line.contains(word))
            && !expected.iter().any(|word| line.contains(word))
    };
    let errors: Vec<_> = console.lines().filter(bad).collect();
    assert!(errors.is_empty(), "errors on the console: {errors:#?}");
}

/// The claims of a good token.
pub fn claims(login: &str) -> Claims {
    let now = jiff::Timestamp::now().as_second();
    Claims {
        iss: "nokube".into(),
        sub: login.into(),
        aud: Audience::One("nokube".into()),
        exp: now + 600,
        nbf: None,
        iat: Some(now),
    }
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct User {
    client: Client,
    base: String,
    token: Option<String>,
}

impl User {
    /// Somebody who calls a platform that is not a [`World`]'s.
    pub fn of(base: &str, login: &str) -> Self {
        let token = sign(&claims(login), JWT_SECRET.as_bytes()).unwrap();
        Self { client: Client::new(), base: base.into(), token: Some(token) }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    pub async fn post_with_key(&self, path: &str, body: &Value, key: &str) -> Answer {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        Answer::of(request.json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Creates a project and returns its number.
    pub async fn project(&self, name: &str) -> u64 {
        let answer = self.post("/api/v1/projects", &json!({ "name": name })).await;
        answer.expect(201)["id"].as_u64().unwrap()
    }

    /// Asks for a build of the service `frontend` and returns its path.
    pub async fn build(&self, project: u64) -> String {
        self.build_of(project, "frontend").await
    }

    /// Asks for a build and returns its path.
    pub async fn build_of(&self, project: u64, service: &str) -> String {
        let answer = self.post("/api/v1/builds", &self.wanted(project, service).await).await;
        format!("/api/v1/builds/{}", answer.expect(202)["build_id"].as_str().unwrap())
    }

    /// The least that a request for a build says.
    pub async fn wanted(&self, project: u64, service: &str) -> Value {
        let name =
            self.get(&format!("/api/v1/projects/{project}")).await.expect(200)["name"].clone();
        json!({
            "project_id": project,
            "repository_url": "https://github.com/acme/shop",
            "image_name": name,
            "service_name": service,
        })
    }

    /// Polls a build until its status is one of these, and returns it.
    pub async fn until(&self, path: &str, statuses: &[&str]) -> Value {
        for _ in 0..500 {
            let build = self.get(path).await.expect(200);
            if statuses.contains(&build["status"].as_str().unwrap()) {
                return build;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never became {statuses:?}: {}", self.get(path).await.text);
    }

    pub async fn until_ended(&self, path: &str) -> Value {
        self.until(path, &["success", "failed", "cancelled"]).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        Self::if_any(request).await.unwrap()
    }

    /// The answer, unless the connection is refused or cut.
    pub async fn if_any(request: RequestBuilder) -> reqwest::Result<Self> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Self { status, headers, text: answer.text().await? })
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|_| json!(self.text))
    }

    /// The sentence of a problem that must have this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(body["status"], status);
        body["detail"].as_str().unwrap().to_owned()
    }

    /// The faulty fields of a 422, with what is wrong.
    #[track_caller]
    pub fn faults(&self) -> BTreeMap<String, String> {
        let body = self.expect(422);
        let faults = body["errors"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        faults.map(|fault| (text(&fault["field"]), text(&fault["detail"]))).collect()
    }
}
