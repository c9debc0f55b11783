//! From the cluster's objects to how a rollout goes: pure, by the rules of `kubectl rollout status`.
//!
//! Of the cluster's objects only these fields are read: a reader needs no more, and types that read
//! everything cost much.

mod namespace;
mod pods;
mod rollout;
mod words;

pub use namespace::{Standing, namespace_of};
pub use rollout::{Evidence, rollout};

use nokube_domain::{Timestamp, deploy::ConditionView};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    pub generation: i64,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub creation_timestamp: Option<Timestamp>,
    pub deletion_timestamp: Option<Timestamp>,
    pub owner_references: Vec<OwnerReference>,
    pub managed_fields: Vec<ManagedFields>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnerReference {
    pub uid: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ManagedFields {
    pub manager: String,
    pub operation: String,
}

impl Metadata {
    /// Did we apply it, by the API server's own record?
    pub fn is_ours(&self) -> bool {
        let ours = |fields: &ManagedFields| {
            fields.manager == crate::request::MANAGER && fields.operation == "Apply"
        };
        self.managed_fields.iter().any(ours)
    }

    /// The revision that an object was last told.
    pub fn revision(&self) -> u32 {
        let text = self.annotations.get(crate::manifest::REVISION);
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// Any object, of which only the metadata are read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Object {
    pub metadata: Metadata,
}

/// A list of them.
#[derive(Clone, Debug, Deserialize)]
pub struct List<T> {
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeploymentSeen {
    pub metadata: Metadata,
    spec: DeploymentSpec,
    status: DeploymentStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct DeploymentSpec {
    replicas: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DeploymentStatus {
    observed_generation: i64,
    replicas: u32,
    updated_replicas: u32,
    ready_replicas: u32,
    available_replicas: u32,
    conditions: Vec<ConditionView>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplicaSetSeen {
    pub metadata: Metadata,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodSeen {
    pub metadata: Metadata,
    spec: PodSpec,
    status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    containers: Vec<ContainerSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerSpec {
    image: String,
    resources: Resources,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    limits: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodStatus {
    phase: String,
    reason: String,
    message: String,
    start_time: Option<Timestamp>,
    conditions: Vec<ConditionView>,
    container_statuses: Vec<ContainerStatus>,
    init_container_statuses: Vec<ContainerStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    ready: bool,
    restart_count: u32,
    #[serde(rename = "imageID")]
    image_id: String,
    state: ContainerState,
    last_state: ContainerState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerState {
    waiting: Option<Waiting>,
    running: Option<Value>,
    terminated: Option<Terminated>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: String,
    message: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    reason: String,
    message: String,
    exit_code: i32,
    finished_at: Option<Timestamp>,
}

/// An event, as it is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventSeen {
    pub metadata: Metadata,
    pub involved_object: Involved,
    pub r#type: String,
    pub reason: String,
    pub message: String,
    pub count: Option<u32>,
    pub first_timestamp: Option<Timestamp>,
    pub last_timestamp: Option<Timestamp>,
    pub event_time: Option<Timestamp>,
}

/// What an event is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Involved {
    pub kind: String,
    pub name: String,
    pub uid: String,
}

impl EventSeen {
    /// When it last happened.
    pub fn at(&self) -> Option<Timestamp> {
        self.last_timestamp.or(self.event_time).or(self.metadata.creation_timestamp)
    }
}

impl EventSeen {
    /// Is it about this service's objects? Those that are gone have left their names only:
    /// `{service}-{template's hash}` and `{service}-{template's hash}-{five characters}`.
    pub fn is_about(&self, service: &str) -> bool {
        let Involved { kind, name, .. } = &self.involved_object;
        let hash = |part: &str| {
            (6..=10).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let rest = name.strip_prefix(service).and_then(|rest| rest.strip_prefix('-'));
        let parts: Vec<&str> = rest.map(|rest| rest.split('-').collect()).unwrap_or_default();
        match (kind.as_str(), parts.as_slice()) {
            ("ReplicaSet", [set]) => hash(set),
            ("Pod", [set, pod]) => hash(set) && pod.len() == 5,
            ("PersistentVolumeClaim", ["data"]) => true,
            ("Service", ["service"]) => true,
            ("ReplicaSet" | "Pod" | "PersistentVolumeClaim" | "Service", _) => false,
            _ => name == service,
        }
    }
}
