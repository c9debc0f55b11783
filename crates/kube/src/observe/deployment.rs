//! Deployments and their ReplicaSets.

use super::metadata::{Metadata, observed};
use nokube_domain::deployments::ConditionView;
use serde_json::Value;

observed! {
    pub struct ObservedDeployment {
        pub metadata: Metadata,
        spec: DeploymentSpec,
        pub(super) status: DeploymentStatus,
    }

    struct DeploymentSpec {
        replicas: Option<u32>,
    }

    pub(super) struct DeploymentStatus {
        pub(super) observed_generation: i64,
        pub(super) replicas: u32,
        pub(super) updated_replicas: u32,
        pub(super) ready_replicas: u32,
        pub(super) available_replicas: u32,
        pub(super) conditions: Vec<ConditionView>,
    }

    pub struct ObservedReplicaSet {
        pub metadata: Metadata,
        spec: ReplicaSetSpec,
    }

    struct ReplicaSetSpec {
        replicas: Option<u32>,
        template: Value,
    }
}

impl ObservedDeployment {
    /// The number of pods that it should have; Kubernetes' default is 1.
    pub fn replicas(&self) -> u32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// Whether the Deployment controller has acted on the newest spec. Until then the status is that of an
    /// older one.
    pub(super) fn is_status_current(&self) -> bool {
        self.metadata.generation <= self.status.observed_generation
    }

    pub(super) fn condition(&self, kind: &str) -> Option<&ConditionView> {
        self.status.conditions.iter().find(|condition| condition.r#type == kind)
    }
}

impl ObservedReplicaSet {
    /// The names of the ConfigMaps and Secrets that its pods need; empty if it is scaled to 0.
    pub fn referenced_objects(&self) -> Vec<&str> {
        if self.spec.replicas == Some(0) {
            return Vec::new();
        }
        let containers = self.spec.template.pointer("/spec/containers").and_then(Value::as_array);
        let sources = containers
            .into_iter()
            .flatten()
            .filter_map(|container| container.get("envFrom").and_then(Value::as_array))
            .flatten();
        let names = sources.filter_map(|source| {
            let source = source.get("configMapRef").or(source.get("secretRef"))?;
            source.get("name").and_then(Value::as_str)
        });
        names.collect()
    }
}
