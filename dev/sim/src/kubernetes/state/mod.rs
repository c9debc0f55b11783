//! The state of the simulated cluster, which requests, controllers and nodes read and change.

pub mod resources;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use self::resources::Resource;
use self::store::Store;
use super::kubelet::pod_state::PodState;
use super::options::ClusterOptions;

/// The characters of names that Kubernetes generates.
pub const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

pub struct ClusterState {
    pub store: Store,
    /// Requests and tests change some of them.
    pub options: ClusterOptions,
    /// The time of the current request or step.
    pub now: Timestamp,
    /// Verbs and resources that are denied. `*` stands for all.
    pub denied_permissions: BTreeSet<(String, String)>,
    pub is_paused: bool,
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
    /// Uids of Deployments that somebody has changed.
    pub edited_deployments: BTreeSet<String>,
    /// The images that some pod has run, except those that crashed because they were new.
    pub known_images: BTreeSet<String>,
    /// Whether the programs of images that no pod has run yet exit after their start.
    pub new_images_crash: bool,
    random: fastrand::Rng,
}

impl ClusterState {
    pub fn new(options: ClusterOptions) -> Self {
        Self {
            store: Store::default(),
            options,
            now: Timestamp::now(),
            denied_permissions: BTreeSet::new(),
            is_paused: false,
            current_step: 0,
            is_busy: true,
            pod_states: BTreeMap::new(),
            last_progress: BTreeMap::new(),
            deployments_with_new_replica_set: BTreeSet::new(),
            edited_deployments: BTreeSet::new(),
            known_images: BTreeSet::new(),
            new_images_crash: false,
            random: fastrand::Rng::new(),
        }
    }

    /// Returns a random suffix, as Kubernetes appends it to names.
    pub fn random_suffix(&mut self) -> String {
        let letter = |_| self.random.choice(NAME_ALPHABET).map(|letter| char::from(*letter));
        (0..5).filter_map(letter).collect()
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

    pub fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Option<&Value> {
        self.store.get(resource, namespace, name)
    }

    /// All objects of a resource in all namespaces.
    pub fn objects_of(&self, resource: &Resource) -> Vec<Value> {
        self.store.list(resource, None).cloned().collect()
    }

    pub fn objects_in(&self, resource: &Resource, namespace: &str) -> Vec<Value> {
        self.store.list(resource, Some(namespace)).cloned().collect()
    }

    /// The current time, as Kubernetes formats it.
    pub fn timestamp(&self) -> String {
        format_time(self.now)
    }
}

/// Formats a time as Kubernetes does, to the second.
pub fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
