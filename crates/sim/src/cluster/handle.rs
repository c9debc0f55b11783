//! The handle on a running cluster.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::http;
use super::hub::ClusterHub;
use super::options::{ClusterOptions, PrivateImages};
use super::{control, resources};
use crate::control::faults::Fault;
use crate::control::seen::Seen;
use crate::http::server::serve;

/// A simulated cluster. It stops when it is dropped.
///
/// All that can be steered is on [`ClusterControl`], to which it dereferences.
pub struct Cluster {
    control: ClusterControl,
    control_url: Option<String>,
    tasks: Vec<JoinHandle<()>>,
}

/// The namespace that first deployments are tried in, as `ops/rbac.yaml` has it.
fn preview() -> Value {
    let level = "pod-security.kubernetes.io";
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": "nokube-preview", "labels": {
            format!("{level}/enforce"): "baseline", format!("{level}/warn"): "baseline",
        } },
    })
}

impl Cluster {
    /// Starts to listen, with the namespaces that a fresh cluster has.
    ///
    /// # Errors
    /// When an address is taken.
    pub async fn start(options: ClusterOptions) -> anyhow::Result<Self> {
        let listen = async |address| {
            let listener = TcpListener::bind(address).await;
            listener.with_context(|| format!("cannot listen on {address}"))
        };
        let listener = listen(options.listen).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let control_address = options.control;
        let is_prepared = options.prepared;
        let hub = Arc::new(ClusterHub::new(options, origin));
        let control = ClusterControl { hub: hub.clone() };
        if is_prepared {
            hub.model().put(preview(), hub.now()).map_err(|refusal| anyhow!(refusal.message))?;
        }
        let mut tasks = vec![
            tokio::spawn(serve(listener, http::router(&hub))),
            tokio::spawn(hub.clone().run()),
        ];
        let mut control_url = None;
        if let Some(address) = control_address {
            let listener = listen(address).await?;
            control_url = Some(format!("http://{}", listener.local_addr()?));
            tasks.push(tokio::spawn(serve(listener, control::router(control.clone()))));
        }
        Ok(Self { control, control_url, tasks })
    }

    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.control_url.clone()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Deref for Cluster {
    type Target = ClusterControl;

    fn deref(&self) -> &ClusterControl {
        &self.control
    }
}

/// What can be asked of a running cluster and set in it.
#[derive(Clone)]
pub struct ClusterControl {
    hub: Arc<ClusterHub>,
}

impl ClusterControl {
    /// The address of the API server.
    #[must_use]
    pub fn url(&self) -> String {
        self.hub.origin.clone()
    }

    // Requests and their faults.

    pub fn fault(&self, fault: Fault) {
        self.hub.traffic.fault(fault);
    }

    /// Those that are still to come.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.hub.traffic.faults()
    }

    pub fn clear_faults(&self) {
        self.hub.traffic.clear_faults();
    }

    /// The latest ten thousand requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.hub.traffic.requests()
    }

    pub fn clear_requests(&self) {
        self.hub.traffic.clear_requests();
    }

    // Rights and what is installed.

    /// Takes a right away: `deny("patch", "deployments.apps")`. `*` stands for all.
    pub fn deny(&self, verb: &str, resource: &str) {
        self.hub.model().denied.insert((verb.to_owned(), resource.to_owned()));
    }

    /// Gives it back; `allow("*", "*")` gives back all.
    pub fn allow(&self, verb: &str, resource: &str) {
        self.hub.model().denied.retain(|(denied_verb, denied_resource)| {
            (verb != "*" && verb != denied_verb) || (resource != "*" && resource != denied_resource)
        });
    }

    /// Whether the Gateway API is installed.
    pub fn set_gateway_api(&self, installed: bool) {
        self.hub.model().gateway_api = installed;
    }

    /// Only this token is valid from now on; None lets any in.
    pub fn set_token(&self, token: Option<&str>) {
        self.hub.model().token = token.map(str::to_owned);
    }

    pub fn set_private_images(&self, images: Vec<PrivateImages>) {
        self.hub.model().private_images = images;
    }

    // What there is.

    /// All objects of a kind (`pods`, `deployments`), in the order of their names.
    #[must_use]
    pub fn objects(&self, plural: &str, namespace: &str) -> Vec<Value> {
        let model = self.hub.model();
        let found = resources::by_name(plural);
        found.map_or_else(Vec::new, |resource| {
            model.store.list(resource, Some(namespace)).cloned().collect()
        })
    }

    /// One object; the namespace of a Namespace is empty.
    #[must_use]
    pub fn object(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let resource = resources::by_name(plural)?;
        self.hub.model().store.get(resource, namespace, name).cloned()
    }

    /// Everything in a namespace, of whatever kind, except events.
    #[must_use]
    pub fn all_in(&self, namespace: &str) -> Vec<Value> {
        let model = self.hub.model();
        let kinds = resources::ALL.iter().filter(|kind| kind.namespaced && kind.plural != "events");
        kinds.flat_map(|kind| model.store.list(kind, Some(namespace)).cloned()).collect()
    }

    /// Everything that is stored, as text, to look for what must not be there. Secrets are also
    /// there in clear.
    #[must_use]
    pub fn dump(&self) -> String {
        self.hub.model().store.dump()
    }

    /// Creates or replaces an object as somebody else would (the field manager `someone-else`).
    ///
    /// # Errors
    /// When the API server would refuse it; with its words.
    pub fn put_object(&self, object: Value) -> anyhow::Result<Value> {
        let put = self.hub.model().put(object, self.hub.now());
        put.map_err(|refusal| anyhow::anyhow!("{}", refusal.message))
    }

    /// Removes an object at once and with all that it owns, as somebody else would.
    pub fn delete_object(&self, plural: &str, namespace: &str, name: &str) -> bool {
        let Some(resource) = resources::by_name(plural) else { return false };
        self.hub.model().store.remove(resource, namespace, name).is_some()
    }

    // Time.

    /// Stops the controllers and the nodes, or lets them go on.
    pub fn hold(&self, hold: bool) {
        self.hub.model().hold = hold;
    }

    /// Lets the controllers and the nodes make so many steps at once, even while they are held.
    /// A step counts as a second for deadlines.
    pub fn pass(&self, steps: u32) {
        for _ in 0..steps {
            let now = self.hub.now();
            self.hub.model().step(now);
        }
    }

    pub fn set_step(&self, step: Duration) {
        self.hub.model().step_time = step;
    }

    /// By how much every answer is later, to measure round trips.
    pub fn set_delay(&self, delay: Duration) {
        self.hub.model().delay = delay;
    }

    /// Seconds by which the cluster's clock is ahead.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.hub.set_clock_offset(seconds);
    }

    /// Whether something is going to happen by itself, other than what repeats for ever (a
    /// container that crashes is started again and again).
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let model = self.hub.model();
        !model.hold && model.busy
    }

    /// Waits until nothing moves by itself any more.
    ///
    /// # Errors
    /// When that takes longer than half a minute.
    pub async fn settled(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while self.is_busy() {
            anyhow::ensure!(begin.elapsed() < Duration::from_secs(30), "the cluster never rests");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}
