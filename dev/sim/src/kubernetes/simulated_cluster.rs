//! A running simulated cluster: starts it, inspects it and steers it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::http;
use super::options::ClusterOptions;
use super::server_state::ServerState;
use super::state::resources::{self, EVENTS};
use crate::traffic::fault::Fault;
use crate::traffic::recorded::RecordedRequest;
use crate::traffic::server::serve;

const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A running simulation of a cluster. It stops when it is dropped.
pub struct SimulatedCluster {
    server: Arc<ServerState>,
    /// Aborted when they are dropped.
    _tasks: JoinSet<()>,
}

impl SimulatedCluster {
    /// # Errors
    /// If the address is in use.
    pub async fn start(options: ClusterOptions) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen on {}", options.listen))?;
        let origin = format!("http://{}", listener.local_addr()?);
        let platform_rbac = options.platform_rbac;
        let server = Arc::new(ServerState::new(options, origin));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, http::router(&server)));
        tasks.spawn(server.clone().run_controllers());
        let cluster = Self { server, _tasks: tasks };
        for object in initial_objects(platform_rbac) {
            cluster.put_object(object)?;
        }
        Ok(cluster)
    }

    /// The address of the API server.
    pub fn url(&self) -> String {
        self.server.origin.clone()
    }

    // Requests and faults.

    pub fn add_fault(&self, fault: Fault) {
        self.server.interceptor.add_fault(fault);
    }

    pub fn clear_faults(&self) {
        self.server.interceptor.clear_faults();
    }

    /// The latest ten thousand requests, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.interceptor.requests()
    }

    pub fn clear_requests(&self) {
        self.server.interceptor.clear_requests();
    }

    // Access and installed APIs.

    /// Denies a verb on a resource: `deny("patch", "deployments.apps")`. `*` stands for all.
    pub fn deny(&self, verb: &str, resource: &str) {
        let denied = (verb.to_owned(), resource.to_owned());
        self.server.cluster().denied_permissions.insert(denied);
    }

    /// Reverts all of [`Self::deny`].
    pub fn allow_everything(&self) {
        self.server.cluster().denied_permissions.clear();
    }

    /// Installs or removes the Gateway API.
    pub fn set_gateway_api(&self, installed: bool) {
        self.server.cluster().options.gateway_api = installed;
    }

    /// Replaces the token. None accepts requests without one.
    pub fn set_token(&self, token: Option<&str>) {
        self.server.cluster().options.token = token.map(str::to_owned);
    }

    // Objects.

    /// All objects of a resource (`pods`, `deployments`) in a namespace, sorted by name.
    pub fn objects(&self, plural: &str, namespace: &str) -> Vec<Value> {
        let resource = resources::by_plural(plural);
        resource.map_or_else(Vec::new, |kind| self.server.cluster().objects_in(kind, namespace))
    }

    /// The namespace of a Namespace is empty.
    pub fn object(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        self.server.cluster().find(resources::by_plural(plural)?, namespace, name).cloned()
    }

    /// All objects in a namespace except events.
    pub fn all_objects_in(&self, namespace: &str) -> Vec<Value> {
        let cluster = self.server.cluster();
        let kinds = resources::ALL.into_iter().filter(|kind| kind.namespaced && **kind != EVENTS);
        kinds.flat_map(|kind| cluster.objects_in(kind, namespace)).collect()
    }

    /// All stored objects as text, with the data of Secrets also decoded. A test can search it for text that
    /// must not be stored.
    pub fn dump(&self) -> String {
        self.server.cluster().store.dump()
    }

    /// Creates or replaces an object, as somebody else than the product.
    ///
    /// # Errors
    /// If its kind or its namespace does not exist.
    pub fn put_object(&self, object: Value) -> anyhow::Result<Value> {
        let put = self.server.cluster().put(object);
        put.map_err(|error| anyhow!("{}", error.message))
    }

    /// Changes fields of an object, as somebody does with `kubectl edit`. `manager` is then their owner.
    ///
    /// # Errors
    /// If there is no such object.
    pub fn edit_object(
        &self,
        plural: &str,
        (namespace, name): (&str, &str),
        manager: &str,
        changes: &Value,
    ) -> anyhow::Result<Value> {
        let resource = resources::by_plural(plural).context("an unknown resource")?;
        let edited = self.server.cluster().edit(resource, (namespace, name), manager, changes);
        edited.map_err(|error| anyhow!("{}", error.message))
    }

    /// Removes an object immediately, ignoring finalizers and the grace period. Returns whether it existed. The
    /// garbage collector then removes its dependents.
    pub fn delete_object(&self, plural: &str, namespace: &str, name: &str) -> bool {
        let Some(resource) = resources::by_plural(plural) else { return false };
        self.server.cluster().store.remove(resource, namespace, name).is_some()
    }

    /// From now on the programs of images that no pod has run yet exit after their start, as those of a commit with a
    /// fault do. `false` ends this, also for images that have crashed so.
    pub fn let_new_images_crash(&self, crash: bool) {
        self.server.cluster().new_images_crash = crash;
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
            self.server.cluster().run_step();
        }
    }

    /// Delays every response, to measure round trips.
    pub fn set_delay(&self, delay: Duration) {
        self.server.cluster().options.delay = delay;
    }

    /// Whether controllers or nodes are going to change something. Changes that repeat forever, such as the
    /// restarts of a crashing container, do not count.
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
            ensure!(begin.elapsed() < IDLE_TIMEOUT, "the cluster is still busy");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

/// What a cluster's administrator has set up: classes, a Gateway, and the namespace for dry runs.
fn initial_objects(platform_rbac: bool) -> Vec<Value> {
    let namespace =
        |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let listener = |name: &str, port: u16, protocol: &str| {
        json!({
            "name": name, "port": port, "protocol": protocol,
            "allowedRoutes": {"namespaces": {"from": "All"}},
        })
    };
    let mut objects = vec![
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {
                "name": "public",
                "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"},
            },
            "spec": {"controller": "example.org/ingress-controller"},
        }),
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {
                "name": "standard",
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": "example.org/volumes", "allowVolumeExpansion": true,
        }),
        namespace("gateway"),
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": {"name": "main", "namespace": "gateway"},
            "spec": {
                "gatewayClassName": "public",
                "listeners": [listener("http", 80, "HTTP"), listener("https", 443, "HTTPS")],
            },
        }),
    ];
    if platform_rbac {
        objects.push(namespace("nokube-preview"));
    }
    objects
}
