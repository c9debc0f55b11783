//! The state of the simulated cluster, which requests, controllers and nodes read and change.

pub mod resources;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::resources::{NAMESPACES, Resource};
use self::store::Store;
use super::json::{int, name, namespace, put, uid};
use super::kubelet::pod_state::PodState;
use super::options::{ClusterOptions, PrivateImages};
use super::typed::managed_fields::{self, Writer};
use super::typed::schema::Type;

/// The field manager of all controllers.
pub const CONTROLLER_MANAGER: &str = "kube-controller-manager";
/// The field manager of all nodes.
const KUBELET: &str = "kubelet";

/// The characters of names that Kubernetes generates.
pub const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

pub struct ClusterState {
    pub store: Store,
    /// Verbs and resources that are denied to the administrator. `*` stands for all.
    pub denied_permissions: BTreeSet<(String, String)>,
    pub token: Option<String>,
    pub user: String,
    pub rbac_users: BTreeMap<String, String>,
    pub gateway_api: bool,
    pub platform_rbac: bool,
    pub private_images: Vec<PrivateImages>,
    pub control_plane_only: bool,
    pub is_paused: bool,
    pub step: Duration,
    pub delay: Duration,
    /// How many steps were run. A step counts as a second.
    pub current_step: u64,
    /// Whether the next steps are going to change something. Changes that repeat forever do not count.
    pub is_busy: bool,
    /// What the nodes know about their pods, by uid.
    pub pod_states: BTreeMap<String, PodState>,
    /// The step in which each Deployment last made progress, by uid.
    pub last_progress: BTreeMap<String, u64>,
    /// Uids of Deployments that got a new ReplicaSet in this step.
    pub deployments_with_new_replica_set: BTreeSet<String>,
    /// When each ReplicaSet retries to create pods, and its next backoff, both in steps, by uid.
    pub replica_set_retries: BTreeMap<String, (u64, u64)>,
    random: fastrand::Rng,
}

impl ClusterState {
    pub fn new(options: ClusterOptions, now: Timestamp) -> Self {
        let mut cluster = Self {
            store: Store::default(),
            denied_permissions: BTreeSet::new(),
            token: options.token,
            user: options.user,
            rbac_users: options.rbac_users,
            gateway_api: options.gateway_api,
            platform_rbac: options.platform_rbac,
            private_images: options.private_images,
            control_plane_only: options.control_plane_only,
            is_paused: false,
            step: options.step,
            delay: options.delay,
            current_step: 0,
            is_busy: true,
            pod_states: BTreeMap::new(),
            last_progress: BTreeMap::new(),
            deployments_with_new_replica_set: BTreeSet::new(),
            replica_set_retries: BTreeMap::new(),
            random: fastrand::Rng::new(),
        };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            let namespace = json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
            });
            // Cannot fail in an empty cluster.
            let _ = cluster.put(namespace, now);
        }
        cluster
    }

    /// Returns a random suffix, as `generateName` appends it.
    pub fn random_suffix(&mut self, length: usize) -> String {
        let letter = |_| self.random.choice(NAME_ALPHABET).map(|letter| char::from(*letter));
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
        self.find(NAMESPACES, "", name)
    }

    pub fn objects_of_kind(&self, plural: &str) -> Vec<Value> {
        let resource = resources::by_name(plural);
        resource
            .map_or_else(Vec::new, |resource| self.store.list(resource, None).cloned().collect())
    }

    pub fn objects_in_namespace(&self, plural: &str, namespace: &str) -> Vec<Value> {
        let resource = resources::by_name(plural);
        resource.map_or_else(Vec::new, |resource| {
            self.store.list(resource, Some(namespace)).cloned().collect()
        })
    }

    pub fn find(&self, plural: &str, namespace: &str, name: &str) -> Option<&Value> {
        self.store.get(resources::by_name(plural)?, namespace, name)
    }

    /// Stores a status, unless it is unchanged or the object has been deleted or recreated since it was read.
    pub fn set_status(&mut self, resource: &Resource, old: &Value, status: Value, now: Timestamp) {
        let Some(current) = self.store.get(resource, namespace(old), name(old)) else { return };
        if uid(current) != uid(old) || current.get("status") == Some(&status) {
            return;
        }
        let before = current.clone();
        let mut new = before.clone();
        put(&mut new, "/status", status);
        let manager = if resource.plural == "pods" { KUBELET } else { CONTROLLER_MANAGER };
        let writer = Writer { name: manager, subresource: "status", now };
        let schema = Type::Struct(resource.kind);
        managed_fields::update(&before, &mut new, &schema, writer, true);
        self.store.save(resource, new);
    }

    /// Stores an object that a controller changed. A changed spec increments its generation.
    pub fn update_by_controller(
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
            let generation = int(&old, "/metadata/generation").unwrap_or_default();
            put(&mut new, "/metadata/generation", generation + 1);
        }
        let writer = Writer { name: CONTROLLER_MANAGER, subresource, now };
        let schema = Type::Struct(resource.kind);
        managed_fields::update(&old, &mut new, &schema, writer, resource.has_status);
        self.store.save(resource, new);
    }
}

/// Formats a time as Kubernetes does, to the second.
pub fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
