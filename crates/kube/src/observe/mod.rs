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
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Go writes what is empty as `null` in places.
fn null_too<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    #[serde(deserialize_with = "null_too")]
    pub name: String,
    #[serde(deserialize_with = "null_too")]
    pub uid: String,
    #[serde(deserialize_with = "null_too")]
    pub resource_version: String,
    #[serde(deserialize_with = "null_too")]
    pub generation: i64,
    #[serde(deserialize_with = "null_too")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_too")]
    pub annotations: BTreeMap<String, String>,
    pub creation_timestamp: Option<Timestamp>,
    pub deletion_timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "null_too")]
    pub owner_references: Vec<OwnerReference>,
    #[serde(deserialize_with = "null_too")]
    pub managed_fields: Vec<ManagedFields>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnerReference {
    #[serde(deserialize_with = "null_too")]
    pub uid: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ManagedFields {
    #[serde(deserialize_with = "null_too")]
    pub manager: String,
    #[serde(deserialize_with = "null_too")]
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
    #[serde(deserialize_with = "null_too")]
    pub metadata: Metadata,
}

/// A list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct List<T> {
    #[serde(default = "Vec::new", deserialize_with = "null_too")]
    pub items: Vec<T>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeploymentSeen {
    #[serde(deserialize_with = "null_too")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "null_too")]
    spec: DeploymentSpec,
    #[serde(deserialize_with = "null_too")]
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
    #[serde(deserialize_with = "null_too")]
    observed_generation: i64,
    #[serde(deserialize_with = "null_too")]
    replicas: u32,
    #[serde(deserialize_with = "null_too")]
    updated_replicas: u32,
    #[serde(deserialize_with = "null_too")]
    ready_replicas: u32,
    #[serde(deserialize_with = "null_too")]
    available_replicas: u32,
    #[serde(deserialize_with = "null_too")]
    conditions: Vec<ConditionView>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplicaSetSeen {
    #[serde(deserialize_with = "null_too")]
    pub metadata: Metadata,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodSeen {
    #[serde(deserialize_with = "null_too")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "null_too")]
    spec: PodSpec,
    #[serde(deserialize_with = "null_too")]
    status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    #[serde(deserialize_with = "null_too")]
    containers: Vec<ContainerSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerSpec {
    #[serde(deserialize_with = "null_too")]
    name: String,
    #[serde(deserialize_with = "null_too")]
    image: String,
    #[serde(deserialize_with = "null_too")]
    resources: Resources,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    #[serde(deserialize_with = "null_too")]
    limits: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodStatus {
    #[serde(deserialize_with = "null_too")]
    phase: String,
    #[serde(deserialize_with = "null_too")]
    reason: String,
    #[serde(deserialize_with = "null_too")]
    message: String,
    start_time: Option<Timestamp>,
    #[serde(deserialize_with = "null_too")]
    conditions: Vec<ConditionView>,
    #[serde(deserialize_with = "null_too")]
    container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "null_too")]
    init_container_statuses: Vec<ContainerStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    #[serde(deserialize_with = "null_too")]
    name: String,
    #[serde(deserialize_with = "null_too")]
    ready: bool,
    #[serde(deserialize_with = "null_too")]
    restart_count: u32,
    #[serde(rename = "imageID", deserialize_with = "null_too")]
    image_id: String,
    #[serde(deserialize_with = "null_too")]
    state: ContainerState,
    #[serde(deserialize_with = "null_too")]
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
    #[serde(deserialize_with = "null_too")]
    reason: String,
    #[serde(deserialize_with = "null_too")]
    message: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    #[serde(deserialize_with = "null_too")]
    reason: String,
    #[serde(deserialize_with = "null_too")]
    message: String,
    #[serde(deserialize_with = "null_too")]
    exit_code: i32,
    finished_at: Option<Timestamp>,
}

/// An event, as it is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventSeen {
    #[serde(deserialize_with = "null_too")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "null_too")]
    pub involved_object: Involved,
    #[serde(deserialize_with = "null_too")]
    pub r#type: String,
    #[serde(deserialize_with = "null_too")]
    pub reason: String,
    #[serde(deserialize_with = "null_too")]
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
    #[serde(deserialize_with = "null_too")]
    pub kind: String,
    #[serde(deserialize_with = "null_too")]
    pub name: String,
    #[serde(deserialize_with = "null_too")]
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
