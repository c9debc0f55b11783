//! Inspects and steers a running simulated cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::options::PrivateImages;
use super::server_state::ServerState;
use super::state::resources;
use crate::traffic::fault::Fault;
use crate::traffic::recorded::RecordedRequest;

const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct ClusterControl {
    server: Arc<ServerState>,
}

impl ClusterControl {
    pub(super) fn new(server: Arc<ServerState>) -> Self {
        Self { server }
    }

    /// The address of the API server.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.origin.clone()
    }

    // Requests and faults.

    pub fn add_fault(&self, fault: Fault) {
        self.server.interceptor.add_fault(fault);
    }

    /// Faults that have uses left.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.server.interceptor.faults()
    }

    pub fn clear_faults(&self) {
        self.server.interceptor.clear_faults();
    }

    /// The latest ten thousand requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.interceptor.requests()
    }

    pub fn clear_requests(&self) {
        self.server.interceptor.clear_requests();
    }

    // Access and installed APIs.

    /// Denies the administrator a verb on a resource: `deny("patch", "deployments.apps")`. `*` stands
    /// for all.
    pub fn deny(&self, verb: &str, resource: &str) {
        let denied = (verb.to_owned(), resource.to_owned());
        self.server.cluster().denied_permissions.insert(denied);
    }

    /// Reverts [`Self::deny`]; `allow("*", "*")` reverts all.
    pub fn allow(&self, verb: &str, resource: &str) {
        self.server.cluster().denied_permissions.retain(|(denied_verb, denied_resource)| {
            (verb != "*" && verb != denied_verb) || (resource != "*" && resource != denied_resource)
        });
    }

    /// Installs or removes the Gateway API.
    pub fn set_gateway_api(&self, installed: bool) {
        self.server.cluster().gateway_api = installed;
    }

    /// Replaces the administrator's token. None accepts every token.
    pub fn set_token(&self, token: Option<&str>) {
        self.server.cluster().token = token.map(str::to_owned);
    }

    pub fn set_private_images(&self, images: Vec<PrivateImages>) {
        self.server.cluster().private_images = images;
    }

    // Objects.

    /// All objects of a resource (`pods`, `deployments`) in a namespace, sorted by name.
    #[must_use]
    pub fn objects(&self, plural: &str, namespace: &str) -> Vec<Value> {
        self.server.cluster().objects_in_namespace(plural, namespace)
    }

    /// The namespace of a Namespace is empty.
    #[must_use]
    pub fn object(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        self.server.cluster().find(plural, namespace, name).cloned()
    }

    /// All objects in a namespace except events.
    #[must_use]
    pub fn all_objects_in(&self, namespace: &str) -> Vec<Value> {
        let cluster = self.server.cluster();
        let kinds = resources::ALL.iter().filter(|kind| kind.namespaced && kind.plural != "events");
        kinds.flat_map(|kind| cluster.store.list(kind, Some(namespace)).cloned()).collect()
    }

    /// All stored objects as text, with the data of Secrets also decoded. A test can search it for text that
    /// must not be stored.
    #[must_use]
    pub fn dump(&self) -> String {
        self.server.cluster().store.dump()
    }

    /// Creates or replaces an object with the field manager `someone-else`.
    ///
    /// # Errors
    /// If the API server rejects it; with its message.
    pub fn put_object(&self, object: Value) -> anyhow::Result<Value> {
        let put = self.server.cluster().put(object, self.server.now());
        put.map_err(|error| anyhow::anyhow!("{}", error.message))
    }

    /// Removes an object immediately, ignoring finalizers and the grace period. Returns whether it existed. The
    /// garbage collector then removes its dependents.
    pub fn delete_object(&self, plural: &str, namespace: &str, name: &str) -> bool {
        let Some(resource) = resources::by_name(plural) else { return false };
        self.server.cluster().store.remove(resource, namespace, name).is_some()
    }

    // Time.

    /// Pauses or resumes the controllers and the nodes.
    pub fn set_paused(&self, paused: bool) {
        self.server.cluster().is_paused = paused;
    }

    /// Runs this number of steps of the controllers and nodes without waiting, even while they are paused. For
    /// deadlines, a step counts as a second.
    pub fn run_steps(&self, steps: u32) {
        for _ in 0..steps {
            let now = self.server.now();
            self.server.cluster().run_step(now);
        }
    }

    /// Sets how long each step takes.
    pub fn set_step(&self, step: Duration) {
        self.server.cluster().step = step;
    }

    /// Delays every response, to measure round trips.
    pub fn set_delay(&self, delay: Duration) {
        self.server.cluster().delay = delay;
    }

    /// Sets how many seconds the clock is ahead.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.server.set_clock_offset(seconds);
    }

    /// Whether controllers or nodes are going to change something. Changes that repeat forever, such as the
    /// restarts of a crashing container, do not count.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let cluster = self.server.cluster();
        !cluster.is_paused && cluster.is_busy
    }

    /// Waits until controllers and nodes have nothing left to change.
    ///
    /// # Errors
    /// If that takes longer than 30 seconds.
    pub async fn wait_until_idle(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while self.is_busy() {
            anyhow::ensure!(begin.elapsed() < IDLE_TIMEOUT, "the cluster is still busy");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}
