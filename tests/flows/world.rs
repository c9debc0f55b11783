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

pub mod contract;
mod github;
mod redis;
mod user;

pub use user::{Answer, User};

use local_host::{App, Console, Counts, Options, Running};
use nokube_domain::{
    jwt::{Audience, Claims, sign},
    session::Keys,
};
use nokube_sim::{Cluster, ClusterOptions, HoldAt, Sim};
use redis::Redis;
use reqwest::Client;
use serde_json::Value;
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
pub const KUBERNETES_TOKEN: &str = "sentinel-kubernetes-token";
pub const NAMES_KEY: &str = "sentinel-names-key-of-32-bytes-at-least";
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
    pub cluster: ClusterOptions,
    /// Whether the platform's webhook is set up at GitHub.
    pub webhook: bool,
    /// Spin's runtime configuration, if there is one.
    pub runtime_config: Option<String>,
    /// Whether state is in Redis, and not in SQLite.
    pub redis: bool,
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

    pub fn cluster(mut self, change: impl FnOnce(&mut ClusterOptions)) -> Self {
        change(&mut self.cluster);
        self
    }

    pub fn on_redis(mut self) -> Self {
        self.redis = true;
        self
    }

    pub async fn start(self) -> World {
        let sim = Sim::start(self.github).await.unwrap();
        let cluster = Cluster::start(self.cluster).await.unwrap();
        let state = TempDir::new().unwrap();
        let mut variables = self.variables;
        for name in ["github_api_url", "registry_api_url", "github_sign_in_url"] {
            variables.entry(name.into()).or_insert_with(|| sim.url());
        }
        variables.entry("kubernetes_api_url".into()).or_insert_with(|| cluster.url());
        let redis = match self.redis {
            true => Some(Redis::start(&state.path().join(".spin")).await),
            false => None,
        };
        let texts = [self.runtime_config, redis.as_ref().map(Redis::runtime_config)];
        let text = texts.into_iter().flatten().reduce(|all, text| format!("{all}\n{text}"));
        let runtime_config = text.map(|text| {
            let file = state.path().join("runtime-config.toml");
            std::fs::write(&file, text).unwrap();
            file
        });
        let options = Options {
            state_dir: state.path().into(),
            runtime_config,
            variables,
            console: Console::Capture,
            ..Options::default()
        };
        let host = app().serve(options.clone()).await.unwrap();
        let client = Client::new();
        let world = World { sim, cluster, host: Some(host), redis, state, options, client };
        if self.webhook {
            world.connect_webhook();
        }
        world
    }
}

pub struct World {
    pub sim: Sim,
    pub cluster: Cluster,
    host: Option<Running>,
    /// Before the folder that it writes into.
    redis: Option<Redis>,
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
            ("kubernetes_token", KUBERNETES_TOKEN),
            ("secret_names_key", NAMES_KEY),
            ("apps_domain", "apps.example.org"),
            ("apps_entrance_namespace", "ingress"),
            ("deploy_resume_seconds", "1"),
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
            ("limit_changes_per_minute", "0"),
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
                keep_answers: true,
                ..nokube_sim::Options::default()
            },
            cluster: ClusterOptions {
                token: Some(KUBERNETES_TOKEN.into()),
                prepared: true,
                step: Duration::from_millis(20),
                ..Default::default()
            },
            webhook: true,
            runtime_config: None,
            // `make test-redis`
            redis: std::env::var("NOKUBE_TEST_STORE").is_ok_and(|store| store == "redis"),
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

    /// The platform is started again so many seconds later than now.
    pub async fn later(&mut self, seconds: i64) {
        self.options.clock_offset = seconds;
        self.restart().await;
    }

    /// Another host beside the first, on the same storage.
    pub async fn another_host(&self) -> Running {
        app().serve(self.options.clone()).await.unwrap()
    }

    /// The same somebody at the platform as it runs now.
    pub fn user_again(&self, user: &User) -> User {
        User { base: self.host().url(), ..user.clone() }
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
    /// Whoever has the platform's settings, as `make doctor` does.
    pub fn operator(&self) -> User {
        let set = |name: &str| self.options.variables.get(name).map_or("", String::as_str);
        let (issuer, secret) = (set("platform_url"), set("auth_session_secret"));
        let keys = Keys { issuer, secret, previous: "" };
        self.bearer(&keys.operator(jiff::Timestamp::now().as_second()).unwrap())
    }

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

    /// A build that has ended, with all that is to be learned of it kept: its path.
    pub async fn finished_build(&self, user: &User) -> String {
        let path = user.build(user.project("myapp").await).await;
        user.until_ended(&path).await;
        self.sim.settled().await.ok();
        user.get(&path).await; // The first read after the end keeps the final answer.
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

    /// Takes Redis away.
    pub fn lose_the_store(&mut self) {
        self.redis.as_mut().unwrap().stop();
    }

    /// Waits until nothing is left of a namespace in the cluster.
    pub async fn until_empty(&self, namespace: &str) {
        for _ in 0..500 {
            let gone = self.cluster.object("namespaces", "", namespace).is_none();
            if gone && self.cluster.all_in(namespace).is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{namespace} is still there: {:#?}", self.cluster.all_in(namespace));
    }

    /// Ends the world and looks at what is left over: no secret in storage or on the console, no
    /// error of ours, no trap.
    pub async fn end(self) {
        self.end_with_errors(&[]).await;
    }

    /// As [`Self::end`], where errors of ours that contain these words are expected.
    pub async fn end_with_errors(mut self, expected: &[&str]) {
        github::look(&self.sim);
        let host = self.host.take().unwrap();
        let console = host.console();
        host.stop().await.unwrap();
        assert_ne!(self.redis.is_some(), self.storage().exists(), "state is in one place");
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
    let folders = [state.join(".spin"), state.join(".spin/appendonlydir")];
    for file in folders.into_iter().flat_map(std::fs::read_dir).flatten() {
        let path = file.unwrap().path();
        if path.is_file() {
            left.extend(std::fs::read(path).unwrap());
        }
    }
    let secrets = [JWT_SECRET, WEBHOOK_SECRET, GITHUB_TOKEN, KUBERNETES_TOKEN, NAMES_KEY];
    let others = [SESSION_SECRET, CLIENT_SECRET, USER_SECRET];
    let kinds = ["PRIVATE KEY", "ghs_", "ghu_", "nkt_", "nkr_", "Bearer "];
    for secret in secrets.into_iter().chain(others).chain(kinds) {
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

/// What every secret of a user holds in the tests: it may be in the cluster and nowhere else.
pub const USER_SECRET: &str = "sentinel-user-secret";

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
