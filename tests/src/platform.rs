//! [`TestPlatform`]: the platform, its simulated GitHub and its simulated cluster.

use crate::{
    JWT_SECRET, Response, StoreKind, TestConfig, User, WEBHOOK_SECRET, check_leftovers, claims,
    github_conformance, redis::Redis,
};
use local_host::{App, Console, Counts, Limits, Options, Running};
use nokube_domain::{
    jwt::{Claims, sign},
    session::SigningKeys,
};
use nokube_sim::{DeliveryState, HoldPoint, SimulatedCluster, SimulatedGitHub};
use reqwest::Client;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;

pub struct TestPlatform {
    pub github: SimulatedGitHub,
    pub cluster: SimulatedCluster,
    host: Option<Running>,
    /// Must be dropped before `state`, because Redis writes into that directory.
    redis: Option<Redis>,
    state: TempDir,
    store_kind: StoreKind,
    options: Options,
    client: Client,
}

/// The components, compiled once for all tests of a process.
pub fn app(store_kind: StoreKind) -> App {
    static APPS: Mutex<BTreeMap<&str, App>> = Mutex::new(BTreeMap::new());
    let manifest = store_kind.manifest();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(manifest);
    // Others wait until they are compiled.
    let mut apps = APPS.lock().unwrap_or_else(PoisonError::into_inner);
    let load = || {
        App::load(&path).expect("the components; `make components components-hosted` builds them")
    };
    apps.entry(manifest).or_insert_with(load).clone()
}

impl TestPlatform {
    /// The default configuration.
    pub fn config() -> TestConfig {
        TestConfig::default()
    }

    /// Starts a platform with the default configuration.
    pub async fn start() -> Self {
        Self::config().start().await
    }

    pub(crate) async fn start_with(config: TestConfig) -> Self {
        let github = SimulatedGitHub::start(config.github).await.unwrap();
        let cluster = SimulatedCluster::start(config.cluster).await.unwrap();
        let state = TempDir::new().unwrap();
        if let Some(store) = &config.store {
            std::fs::create_dir(state.path().join(".spin")).unwrap();
            std::fs::copy(store, storage_file(state.path())).unwrap();
        }
        let mut variables = config.variables;
        for name in ["github_api_url", "registry_api_url", "github_sign_in_url"] {
            variables.entry(name.into()).or_insert_with(|| github.url());
        }
        variables.entry("kubernetes_api_url".into()).or_insert_with(|| cluster.url());
        let redis = match config.store_kind {
            StoreKind::Sqlite => None,
            StoreKind::Redis | StoreKind::KeyValueOnRedis | StoreKind::Hosted => {
                Some(Redis::start(&state.path().join(".spin")).await)
            }
        };
        let key_value = match (config.store_kind, &redis) {
            (StoreKind::KeyValueOnRedis, Some(redis)) => Some(redis.key_value_config()),
            (_, Some(redis)) => {
                variables.extend(redis.settings());
                None
            }
            (_, None) => None,
        };
        let parts = [config.runtime_config, key_value];
        let toml = parts.into_iter().flatten().reduce(|all, part| format!("{all}\n{part}"));
        let runtime_config = toml.map(|toml| {
            let file = state.path().join("runtime-config.toml");
            std::fs::write(&file, toml).unwrap();
            file
        });
        let options = Options {
            state_dir: state.path().into(),
            runtime_config,
            variables,
            console: Console::Capture,
            clock_offset: config.clock_offset,
            limits: config.store_kind.limits(config.limits),
            ..Options::default()
        };
        let store_kind = config.store_kind;
        let host = Some(app(store_kind).serve(options.clone()).await.unwrap());
        let client = Client::new();
        let platform = Self { github, cluster, host, redis, state, store_kind, options, client };
        if config.has_webhook {
            platform.connect_webhook();
        }
        platform
    }

    pub fn host(&self) -> &Running {
        self.host.as_ref().unwrap()
    }

    pub fn store_kind(&self) -> StoreKind {
        self.store_kind
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.host().url())
    }

    /// Lets GitHub send webhooks to the platform's current address.
    pub fn connect_webhook(&self) {
        self.github.set_webhook(&self.url("/api/v1/webhooks/github"), WEBHOOK_SECRET);
    }

    /// Changes a setting. It takes effect at the next restart.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.options.variables.insert(name.into(), value.into());
    }

    /// Restarts the platform on the same storage.
    pub async fn restart(&mut self) {
        self.host.take().unwrap().stop().await.unwrap();
        self.host = Some(app(self.store_kind).serve(self.options.clone()).await.unwrap());
    }

    /// Restarts the platform with its clock so many seconds ahead of the real time.
    pub async fn restart_later(&mut self, seconds: i64) {
        self.options.clock_offset = seconds;
        self.restart().await;
    }

    /// Changes the limits of the components' instances. They take effect at the next restart.
    pub fn set_limits(&mut self, limits: Limits) {
        self.options.limits = self.store_kind.limits(limits);
    }

    /// Starts a second host on the same storage.
    pub async fn start_second_host(&self) -> Running {
        app(self.store_kind).serve(self.options.clone()).await.unwrap()
    }

    /// The same user at the platform's current address, after a restart.
    pub fn reconnect(&self, user: &User) -> User {
        User { base: self.host().url(), ..user.clone() }
    }

    /// The SQLite file of the key-value store.
    pub fn storage_file(&self) -> PathBuf {
        storage_file(self.state.path())
    }

    /// A caller without credentials.
    pub fn anonymous(&self) -> User {
        User { client: self.client.clone(), base: self.host().url(), token: None }
    }

    /// A user with a valid JWT of the external issuer.
    pub fn user(&self, login: &str) -> User {
        self.user_with_claims(claims(login))
    }

    pub fn user_with_claims(&self, claims: Claims) -> User {
        self.user_with_token(&sign(&claims, JWT_SECRET.as_bytes()).unwrap())
    }

    /// The bearer token of [`Self::user`], for other programs.
    pub fn token(&self, login: &str) -> String {
        sign(&claims(login), JWT_SECRET.as_bytes()).unwrap()
    }

    /// A caller who knows the platform's settings, like `nokube doctor --operator`.
    pub fn operator(&self) -> User {
        let setting = |name: &str| self.options.variables.get(name).map_or("", String::as_str);
        let (issuer, secret) = (setting("platform_url"), setting("auth_session_secret"));
        let keys = SigningKeys { issuer, secret, previous_secret: "" };
        self.user_with_token(&keys.sign_operator_proof(jiff::Timestamp::now().as_second()).unwrap())
    }

    /// A caller with this bearer token.
    pub fn user_with_token(&self, token: &str) -> User {
        User { token: Some(token.into()), ..self.anonymous() }
    }

    /// Starts a build whose run GitHub holds until it is released. Returns its path once it is running.
    pub async fn running_build(&self, user: &User) -> String {
        self.github.hold_runs(HoldPoint::InProgress);
        let path = user.start_build(user.create_project("myapp").await).await;
        user.wait_for_status(&path, &["building"]).await;
        path
    }

    /// Waits until GitHub is idle and what its events cause is done. What a request costs can be measured only then.
    ///
    /// # Panics
    /// After a while.
    pub async fn settle(&self) {
        self.github.wait_until_idle().await.unwrap();
        self.wait_until_events_are_processed().await;
        self.wait_until_all_is_logged().await;
    }

    /// Waits until what all requests do after their responses is done: the host logs each response, and a component its
    /// line at the end.
    ///
    /// # Panics
    /// After 30 seconds.
    pub async fn wait_until_all_is_logged(&self) {
        let is_response = |line: &&str| !line.starts_with('[') && line.ends_with(" ms");
        let chained = |line: &str| {
            let field = line.split(' ').find_map(|field| field.strip_prefix("chained="));
            field.map_or(0, |number| number.parse::<usize>().unwrap())
        };
        let are_logged = |console: &str| {
            let responses = console.lines().filter(is_response).count();
            let requests = console.lines().filter(|line| line.contains("] request component="));
            let chained: usize = requests.clone().map(chained).sum();
            requests.count() >= responses + chained
        };
        self.wait_until_console("all requests are logged", are_logged).await;
    }

    /// Waits until what a request does after its response is done: its line is logged after that.
    ///
    /// # Panics
    /// After 30 seconds.
    pub async fn wait_until_logged(&self, response: &Response) {
        let id = response.headers["x-request-id"].to_str().unwrap();
        let field = format!(" request_id={id} ");
        let is_line = |line: &str| line.contains("] request ") && line.contains(&field);
        self.wait_until_console("the request is logged", |console| console.lines().any(is_line))
            .await;
    }

    /// Waits until all events that GitHub has sent are processed: the line of a webhook is logged after its private call.
    ///
    /// # Panics
    /// After 30 seconds.
    pub async fn wait_until_events_are_processed(&self) {
        let are_processed = |console: &str| {
            let deliveries = self.github.deliveries();
            let in_state = |state| deliveries.iter().filter(|it| it.state == state).count();
            let lines = console.lines().filter(|line| line.contains("] request component=webhook"));
            in_state(DeliveryState::Waiting) == 0
                && lines.count() >= in_state(DeliveryState::Answered)
        };
        self.wait_until_console("all events are processed", are_processed).await;
    }

    /// Waits until the host's console says something, which is checked every 20 ms. A request may go on for 20 seconds
    /// after its response.
    ///
    /// # Panics
    /// After 30 seconds.
    pub async fn wait_until_console(&self, what: &str, says: impl Fn(&str) -> bool) {
        for _ in 0..1_500 {
            if says(&self.host().console()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not until now: {what}\n{}", self.host().console());
    }

    /// Runs a build to its end, until its final state is stored. Returns its path.
    pub async fn finished_build(&self, user: &User) -> String {
        let path = user.start_build(user.create_project("myapp").await).await;
        user.wait_for_end(&path).await;
        self.settle().await;
        // The first read after the end stores the final state.
        self.wait_until_logged(&user.get(&path).await).await;
        path
    }

    /// Counts the key-value round trips and outbound requests of the host while `future` runs, except new connections
    /// to Redis: how many there are depends on the age of the instances.
    pub async fn measure<T>(&self, future: impl Future<Output = T>) -> (T, Counts) {
        let before = self.host().counts();
        let output = future.await;
        (output, Counts { redis_connections: 0, ..self.host().counts() - before })
    }

    /// Sends a webhook like GitHub, signed with `secret`.
    pub async fn send_webhook(&self, event: &str, body: &Value, secret: &str) -> Response {
        self.send_webhook_bytes(event, serde_json::to_vec(body).unwrap(), secret).await
    }

    /// Like [`Self::send_webhook`], with the exact bytes of the body.
    pub async fn send_webhook_bytes(&self, event: &str, body: Vec<u8>, secret: &str) -> Response {
        let signature = nokube_sim::webhook_signature(secret, &body).unwrap();
        let request = self.client.post(self.url("/api/v1/webhooks/github"));
        let request = request
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-hub-signature-256", signature);
        Response::send(request.body(body)).await
    }

    /// The server on which the state is stored.
    pub fn redis(&mut self) -> &mut Redis {
        self.redis.as_mut().unwrap()
    }

    /// Waits until the cluster has deleted a namespace and everything in it.
    pub async fn wait_until_namespace_is_gone(&self, namespace: &str) {
        for _ in 0..500 {
            let is_gone = self.cluster.object("namespaces", "", namespace).is_none();
            if is_gone && self.cluster.all_objects_in(namespace).is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{namespace} is still there: {:#?}", self.cluster.all_objects_in(namespace));
    }

    /// Stops the platform and checks what is left: no secrets in the storage or on the console, no
    /// internal errors, no traps, and only exchanges with GitHub that match GitHub's description.
    pub async fn finish(self) {
        self.finish_with_expected_errors(&[]).await;
    }

    /// Like [`Self::finish`], but internal errors that contain one of these texts are allowed.
    pub async fn finish_with_expected_errors(mut self, expected: &[&str]) {
        github_conformance::check(&self.github);
        let host = self.host.take().unwrap();
        let console = host.console();
        host.stop().await.unwrap();
        let is_in_file = count_rows(&self.storage_file()) > 0;
        assert!(!is_in_file || self.redis.is_none(), "state is in one place");
        check_leftovers(&console, self.state.path(), expected);
    }
}

/// The number of keys in a SQLite file of a key-value store; 0 without the file.
fn count_rows(file: &Path) -> u32 {
    if !file.exists() {
        return 0;
    }
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.query_row("SELECT count(*) FROM spin_key_value", [], |row| row.get(0)).unwrap()
}

/// The SQLite file of the key-value store in a state directory.
pub fn storage_file(state: &Path) -> PathBuf {
    state.join(".spin/sqlite_key_value.db")
}
