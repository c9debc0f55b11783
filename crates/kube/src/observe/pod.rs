//! Pods and the status of their containers.

use super::metadata::{Metadata, observed};
use crate::labels::CONTAINER_NAME;
use nokube_domain::{Timestamp, deployments::ConditionView, image::Digest};
use serde_json::Value;
use std::collections::BTreeMap;

observed! {
    pub struct ObservedPod {
        pub metadata: Metadata,
        spec: PodSpec,
        pub(super) status: PodStatus,
    }

    struct PodSpec {
        containers: Vec<ContainerSpec>,
    }

    pub(super) struct ContainerSpec {
        name: String,
        pub(super) image: String,
        resources: Resources,
    }

    struct Resources {
        limits: BTreeMap<String, Value>,
    }

    pub(super) struct PodStatus {
        pub(super) phase: String,
        pub(super) reason: String,
        pub(super) message: String,
        pub(super) start_time: Option<Timestamp>,
        conditions: Vec<ConditionView>,
        container_statuses: Vec<ContainerStatus>,
        init_container_statuses: Vec<ContainerStatus>,
    }

    pub(super) struct ContainerStatus {
        name: String,
        pub(super) ready: bool,
        pub(super) restart_count: u32,
        #[serde(rename = "imageID")]
        image_id: String,
        pub(super) state: ContainerState,
        pub(super) last_state: ContainerState,
    }

    pub(super) struct ContainerState {
        pub(super) waiting: Option<Waiting>,
        pub(super) running: Option<Value>,
        pub(super) terminated: Option<Terminated>,
    }

    pub(super) struct Waiting {
        pub(super) reason: String,
        pub(super) message: String,
    }

    pub(super) struct Terminated {
        pub(super) reason: String,
        pub(super) message: String,
        pub(super) exit_code: i32,
    }
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
