//! Pods and the status of their containers.

use super::metadata::{Metadata, null_as_default};
use crate::labels::CONTAINER_NAME;
use nokube_domain::{Timestamp, deployments::ConditionView, image::Digest};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ObservedPod {
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "null_as_default")]
    spec: PodSpec,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    #[serde(deserialize_with = "null_as_default")]
    containers: Vec<ContainerSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerSpec {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) image: String,
    #[serde(deserialize_with = "null_as_default")]
    resources: Resources,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    #[serde(deserialize_with = "null_as_default")]
    limits: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodStatus {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) phase: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) reason: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) message: String,
    pub(super) start_time: Option<Timestamp>,
    #[serde(deserialize_with = "null_as_default")]
    conditions: Vec<ConditionView>,
    #[serde(deserialize_with = "null_as_default")]
    container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "null_as_default")]
    init_container_statuses: Vec<ContainerStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContainerStatus {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) ready: bool,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) restart_count: u32,
    #[serde(rename = "imageID", deserialize_with = "null_as_default")]
    image_id: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) state: ContainerState,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) last_state: ContainerState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerState {
    pub(super) waiting: Option<Waiting>,
    pub(super) running: Option<Value>,
    pub(super) terminated: Option<Terminated>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Waiting {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) reason: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) message: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Terminated {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) reason: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) message: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) exit_code: i32,
}

impl ContainerSpec {
    pub(super) fn memory_limit(&self) -> Option<&str> {
        self.resources.limits.get("memory")?.as_str()
    }
}

impl ObservedPod {
    /// The container that runs the service's image. A service mesh may have added others.
    pub(super) fn service_container(&self) -> Option<&ContainerSpec> {
        let containers = &self.spec.containers;
        containers.iter().find(|spec| spec.name == CONTAINER_NAME).or(containers.first())
    }

    /// The statuses of all containers, init containers first.
    pub(super) fn container_statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        self.status.init_container_statuses.iter().chain(&self.status.container_statuses)
    }

    pub(super) fn condition(&self, kind: &str) -> Option<&ConditionView> {
        self.status.conditions.iter().find(|condition| condition.r#type == kind)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|condition| condition.status == "True")
    }

    /// The restarts of all containers together.
    pub(super) fn restarts(&self) -> u32 {
        self.container_statuses().map(|status| status.restart_count).sum()
    }

    /// Whether one of its containers has terminated, now or before its last restart.
    pub fn has_crashed(&self) -> bool {
        self.container_statuses()
            .any(|s| s.last_state.terminated.is_some() || s.state.terminated.is_some())
    }

    /// Whether a container was restarted. Then the crash is in its previous log, not in the current one.
    pub fn has_previous_log(&self) -> bool {
        self.container_statuses().any(|s| s.restart_count > 0 && s.state.terminated.is_none())
    }

    /// The digest of the image that the node pulled. `imageID` has the form `HOST/PATH@sha256:…`.
    pub(super) fn digest(&self) -> Option<Digest> {
        let statuses = &self.status.container_statuses;
        let status =
            statuses.iter().find(|status| status.name == CONTAINER_NAME).or(statuses.first());
        status?.image_id.rsplit_once('@')?.1.parse().ok()
    }
}
