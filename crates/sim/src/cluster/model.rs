//! The state of the cluster, which everything else reads and changes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{name, namespace, put, uid};
use super::kubelet::PodRun;
use super::options::{ClusterOptions, PrivateImages};
use super::resources::{self, NAMESPACES, Resource};
use super::status::Refusal;
use super::store::Store;
use super::typed::managers::{self, Writer};
use super::typed::schema::Type;
use super::write::Intent;

/// Who writes for the controllers.
pub const CONTROLLERS: &str = "kube-controller-manager";
const NODE: &str = "kubelet";

pub struct Model {
    pub store: Store,
    /// Verb and resource that are not allowed.
    pub denied: BTreeSet<(String, String)>,
    pub token: Option<String>,
    pub user: String,
    /// Tokens without power, and whose they are.
    pub accounts: BTreeMap<String, String>,
    pub gateway_api: bool,
    pub prepared: bool,
    pub private_images: Vec<PrivateImages>,
    pub bare: bool,
    pub hold: bool,
    pub step_time: Duration,
    pub delay: Duration,
    /// Steps so far; one counts as a second.
    pub steps: u64,
    /// Whether the next steps are going to change something that does not repeat for ever.
    pub busy: bool,
    /// What the nodes know of their pods, by uid.
    pub runs: BTreeMap<String, PodRun>,
    /// The step in which a Deployment last got further, by uid.
    pub progress: BTreeMap<String, u64>,
    /// Deployments that got a new ReplicaSet in this step, by uid.
    pub made: BTreeSet<String>,
    /// When a ReplicaSet tries again, and how long it pauses after that, by uid, in steps.
    pub retries: BTreeMap<String, (u64, u64)>,
    random: fastrand::Rng,
}

impl Model {
    pub fn new(options: ClusterOptions, now: Timestamp) -> Self {
        let mut model = Self {
            store: Store::default(),
            denied: BTreeSet::new(),
            token: options.token,
            user: options.user,
            accounts: options.accounts,
            gateway_api: options.gateway_api,
            prepared: options.prepared,
            private_images: options.private_images,
            bare: options.bare,
            hold: false,
            step_time: options.step,
            delay: options.delay,
            steps: 0,
            busy: true,
            runs: BTreeMap::new(),
            progress: BTreeMap::new(),
            made: BTreeSet::new(),
            retries: BTreeMap::new(),
            random: fastrand::Rng::new(),
        };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            let namespace = json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
            });
            // Cannot be refused: there is nothing yet.
            let _ = model.put(namespace, now);
        }
        model
    }

    /// One step of all controllers and nodes.
    pub fn step(&mut self, now: Timestamp) {
        self.steps += 1;
        let before = self.store.writes;
        let mut busy = self.run_controllers(now);
        if !self.bare {
            busy |= self.run_nodes(now);
        }
        self.busy = busy || self.store.writes != before;
    }

    /// Creates or replaces an object as somebody else.
    pub fn put(&mut self, object: Value, now: Timestamp) -> Result<Value, Refusal> {
        let text = |path: &str| super::json::text(&object, path).to_owned();
        let found = resources::by_kind(&text("/apiVersion"), &text("/kind"));
        let resource = found.ok_or_else(Refusal::no_such_path)?;
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let intent = Intent::new(resource, &namespace, &name, "someone-else", now);
        let stored = match self.store.get(resource, &namespace, &name) {
            Some(_) => self.replace(&intent, object)?,
            None => self.create(&intent, object)?,
        };
        Ok(stored.object)
    }

    /// Letters and digits as generated names have them.
    pub fn random_name(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let letter = |_| self.random.choice(LETTERS).map(|letter| char::from(*letter));
        (0..length).filter_map(letter).collect()
    }

    pub fn random_uid(&mut self) -> String {
        let number = self.random.u128(..);
        let hex = format!("{number:032x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-4{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    pub fn random_number(&mut self, below: u16) -> u16 {
        self.random.u16(..below)
    }

    pub fn namespace(&self, name: &str) -> Option<&Value> {
        resources::by_name(NAMESPACES).and_then(|kind| self.store.get(kind, "", name))
    }

    pub fn of_kind(&self, plural: &str) -> Vec<Value> {
        let kind = resources::by_name(plural);
        kind.map_or_else(Vec::new, |kind| self.store.list(kind, None).cloned().collect())
    }

    pub fn in_namespace(&self, plural: &str, namespace: &str) -> Vec<Value> {
        let kind = resources::by_name(plural);
        kind.map_or_else(Vec::new, |kind| self.store.list(kind, Some(namespace)).cloned().collect())
    }

    pub fn find(&self, plural: &str, namespace: &str, name: &str) -> Option<&Value> {
        self.store.get(resources::by_name(plural)?, namespace, name)
    }

    /// Stores a new status, if it is one.
    pub fn set_status(&mut self, resource: &Resource, old: &Value, status: Value, now: Timestamp) {
        let Some(current) = self.store.get(resource, namespace(old), name(old)) else { return };
        if uid(current) != uid(old) || current.get("status") == Some(&status) {
            return;
        }
        let before = current.clone();
        let mut new = before.clone();
        put(&mut new, "/status", status);
        let who = if resource.plural == "pods" { NODE } else { CONTROLLERS };
        let writer = Writer { name: who, subresource: "status", now };
        managers::update(&before, &mut new, &Type::Struct(resource.kind), writer, true);
        self.store.save(resource, new);
    }

    /// Stores a changed object for a controller; a changed specification is a new generation.
    pub fn set_object(
        &mut self,
        resource: &Resource,
        mut new: Value,
        subresource: &str,
        now: Timestamp,
    ) {
        let Some(old) = self.store.get(resource, namespace(&new), name(&new)).cloned() else {
            return;
        };
        if old == new {
            return;
        }
        if resource.has_generation && old.get("spec") != new.get("spec") {
            let generation = super::json::int(&old, "/metadata/generation").unwrap_or_default();
            put(&mut new, "/metadata/generation", generation + 1);
        }
        let writer = Writer { name: CONTROLLERS, subresource, now };
        let of = Type::Struct(resource.kind);
        managers::update(&old, &mut new, &of, writer, resource.has_status);
        self.store.save(resource, new);
    }

    /// Creates an object for a controller, with all checks that anybody else goes through.
    pub fn make(&mut self, object: Value, now: Timestamp) -> Result<Value, Refusal> {
        let text = |path: &str| super::json::text(&object, path).to_owned();
        let found = resources::by_kind(&text("/apiVersion"), &text("/kind"));
        let resource = found.ok_or_else(Refusal::no_such_path)?;
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let intent = Intent::new(resource, &namespace, &name, CONTROLLERS, now);
        Ok(self.create(&intent, object)?.object)
    }
}

pub fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
