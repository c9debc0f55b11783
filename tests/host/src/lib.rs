//! A host for native tests of `edge` and of the components: a store in memory, scripted responses of other systems,
//! and a clock that moves only when everything waits for it. A test has a thread, and so a host, of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod client;
mod clock;
mod memory;
mod outbound;

pub use client::{Client, Response};
pub use memory::{StoreFault, after_calls};

use clock::Clock;
use futures::{
    FutureExt,
    executor::{LocalPool, LocalSpawner},
    future::LocalBoxFuture,
    task::LocalSpawnExt,
};
use memory::Memory;
use nokube_domain::{Person, ProjectId, Timestamp, installation::Installation, projects::Members};
use nokube_edge::{
    BoxBody, Route,
    host::{Host, HostFuture, KeyValue, LogLevel, install},
    outbound::{OutboundError, Timeouts},
    store::{Counter, Store, keys},
};
use outbound::Outbound;
use serde_json::json;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

pub const JWT_SECRET: &str = "sentinel-jwt-secret-of-32-bytes-at-least";
pub const SESSION_SECRET: &str = "sentinel-session-secret-of-32-bytes-at-least";
pub const WEBHOOK_SECRET: &str = "sentinel-webhook-secret";
pub const PLATFORM_URL: &str = "http://nokube.test";

/// The settings of a complete platform, where they differ from the defaults in `spin.toml`.
const SETTINGS: [(&str, &str); 15] = [
    ("auth_jwt_secret", JWT_SECRET),
    ("auth_jwt_subjects_are_github_logins", "true"),
    ("auth_session_secret", SESSION_SECRET),
    ("auth_administrators", "jwt:root"),
    ("auth_allowed_users", "alice, bob"),
    ("github_oauth_client_id", "Iv1.tests"),
    ("github_oauth_client_secret", "sentinel-client-secret"),
    ("github_builder_repository", "platform/builder"),
    ("github_token", "sentinel-github-token"),
    ("github_webhook_secret", WEBHOOK_SECRET),
    ("kubernetes_token", "sentinel-kubernetes-token"),
    // Whether a read writes depends on chance.
    ("limit_reads_per_minute", "0"),
    ("platform_url", PLATFORM_URL),
    ("registry_namespace", "platform"),
    ("secret_names_key", "sentinel-names-key-of-32-bytes-at-least"),
];

pub struct TestHost {
    clock: Rc<Clock>,
    memory: Rc<Memory>,
    outbound: Outbound,
    response_delay: Cell<Duration>,
    slow: RefCell<Vec<(String, Duration)>>,
    variables: RefCell<BTreeMap<String, String>>,
    log: RefCell<Vec<(LogLevel, String)>>,
    tasks: RefCell<LocalPool>,
    spawner: LocalSpawner,
}

impl TestHost {
    /// Installs a host in this thread.
    pub fn install() -> Rc<Self> {
        let manifest: toml::Table = include_str!("../../../spin.toml").parse().unwrap();
        let defaults = manifest["variables"].as_table().unwrap().iter().map(|(name, variable)| {
            (name.clone(), variable["default"].as_str().unwrap_or_default().to_owned())
        });
        let mut variables: BTreeMap<_, _> = defaults.collect();
        variables.extend(SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let tasks = LocalPool::new();
        let host = Rc::new(Self {
            clock: Rc::default(),
            memory: Rc::default(),
            outbound: Outbound::default(),
            response_delay: Cell::default(),
            slow: RefCell::default(),
            variables: RefCell::new(variables),
            log: RefCell::default(),
            spawner: tasks.spawner(),
            tasks: RefCell::new(tasks),
        });
        install(host.clone());
        host
    }

    /// Changes a setting. Components read their settings once.
    pub fn set(&self, variable: &str, value: &str) {
        assert!(self.variables.borrow().contains_key(variable), "spin.toml has no {variable}");
        self.variables.borrow_mut().insert(variable.into(), value.into());
    }

    /// Runs a future, and the tasks that it spawns, until it is done. When everything waits, time passes.
    pub fn run<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        let mut result = self.spawner.spawn_local_with_handle(future).unwrap();
        loop {
            self.tasks.borrow_mut().run_until_stalled();
            if let Some(result) = (&mut result).now_or_never() {
                return result;
            }
            self.clock.advance_to_next_timer();
        }
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// A caller of `routes` without credentials.
    pub fn anybody(self: &Rc<Self>, routes: &'static [Route]) -> Client {
        Client::new(self.clone(), routes)
    }

    /// A caller who is authenticated by the platform's JWT issuer.
    pub fn user(self: &Rc<Self>, routes: &'static [Route], login: &str) -> Client {
        let token = client::issuer_token(login, self.clock.now());
        self.anybody(routes).with_header("authorization", &format!("Bearer {token}"))
    }

    /// Stores a project, as if the component `platform` had created it.
    pub fn create_project(&self, owner: &str, name: &str) -> ProjectId {
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.run(async move {
            let person = Person { issuer: "nokube".into(), subject: owner.clone() };
            let store = Store::open().await.unwrap();
            let id = ProjectId(store.increment(&Counter::projects()).await.unwrap());
            store.set(keys::installation(), &Installation::NEW).await.unwrap();
            let number = store.increment(&Counter::owned_projects(&person)).await.unwrap();
            let at = nokube_edge::now();
            let project = json!({
                "id": id, "name": name, "owner": owner, "created_at": at, "updated_at": at,
            });
            let project = serde_json::from_value(project).unwrap();
            store.set(keys::project(id), &project).await.unwrap();
            store.set(keys::members(id), &Members::new(person.clone())).await.unwrap();
            store.set(keys::owned_project(&person, number), &id).await.unwrap();
            id
        })
    }

    pub fn store_fails(&self, fault: StoreFault) {
        self.memory.fault.set(Some(fault));
    }

    pub fn store_works(&self) {
        self.memory.fault.set(None);
    }

    /// Deletes what is stored under keys that begin with one of these, as if an older release had run until now.
    pub fn forget(&self, beginnings: &[&str]) {
        self.memory.forget(beginnings);
    }

    /// Everything that is stored.
    pub fn stored(&self) -> BTreeMap<String, String> {
        self.memory.all()
    }

    /// Scripts the responses to requests whose URL begins with `url`; later scripts come first.
    pub fn respond(&self, method: &str, url: &str, status: u16, body: &serde_json::Value) {
        self.outbound.respond(method, url, status, &[], body);
    }

    /// From now on other systems respond after this time.
    pub fn respond_after(&self, delay: Duration) {
        self.response_delay.set(delay);
    }

    /// As [`Self::respond_after`], only for URLs that contain this.
    pub fn respond_to_after(&self, part_of_url: &str, delay: Duration) {
        self.slow.borrow_mut().insert(0, (part_of_url.to_owned(), delay));
    }

    /// As [`Self::respond`], with headers.
    pub fn respond_with(
        &self,
        method: &str,
        url: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &serde_json::Value,
    ) {
        self.outbound.respond(method, url, status, headers, body);
    }

    /// The bodies of the requests that were sent to URLs that begin with `url`.
    pub fn sent(&self, method: &str, url: &str) -> Vec<String> {
        self.outbound.sent(method, url)
    }

    /// The URLs of all requests so far.
    pub fn sent_urls(&self) -> Vec<String> {
        self.outbound.urls()
    }

    /// A number of each request so far, as its log line has it, such as `kv_reads`.
    pub fn logged_numbers(&self, name: &str) -> Vec<u32> {
        let lines = self.logged(LogLevel::Request);
        let pairs =
            lines.iter().flat_map(|line| line.split(' ')).filter_map(|it| it.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.parse().unwrap()).collect()
    }

    /// The lines that were logged so far as `level`.
    pub fn logged(&self, level: LogLevel) -> Vec<String> {
        let log = self.log.borrow();
        log.iter().filter(|(of, _)| *of == level).map(|(_, line)| line.clone()).collect()
    }
}

impl Host for TestHost {
    /// The same store with and without Redis.
    fn open_store(&self, _redis_url: Option<&str>) -> HostFuture<'static, Rc<dyn KeyValue>> {
        Box::pin(std::future::ready(self.memory.clone().open()))
    }

    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        _: Timeouts,
    ) -> HostFuture<'static, http::Response<BoxBody>, OutboundError> {
        let url = request.uri().to_string();
        let slow =
            self.slow.borrow().iter().find(|(part, _)| url.contains(part)).map(|(_, it)| *it);
        let delay = slow.unwrap_or(self.response_delay.get());
        let response = self.outbound.send(request);
        if delay.is_zero() {
            return Box::pin(std::future::ready(response));
        }
        let delay = self.clock.sleep(delay);
        Box::pin(async move {
            delay.await;
            response
        })
    }

    fn variable<'a>(&'a self, name: &'a str) -> HostFuture<'a, Option<String>> {
        Box::pin(std::future::ready(Ok(self.variables.borrow().get(name).cloned())))
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        self.clock.sleep(duration)
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        self.spawner.spawn_local(task).unwrap();
    }

    fn log(&self, level: LogLevel, line: String) {
        self.log.borrow_mut().push((level, line));
    }
}
