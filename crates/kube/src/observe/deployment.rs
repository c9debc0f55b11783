//! Deployments and their ReplicaSets.

use super::metadata::{Metadata, observed};
use crate::{labels::CONTAINER_NAME, quota::has_all};
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
        status: ReplicaSetStatus,
    }

    struct ReplicaSetSpec {
        replicas: Option<u32>,
        template: Value,
    }

    struct ReplicaSetStatus {
        replicas: u32,
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
    fn has_pods(&self) -> bool {
        self.spec.replicas != Some(0) || self.status.replicas > 0
    }

    /// The ports of its containers; empty if it has no pods.
    pub fn container_ports(&self) -> Vec<u16> {
        let containers = self.spec.template.pointer("/spec/containers").and_then(Value::as_array);
        let containers = containers.into_iter().flatten().filter(|_| self.has_pods());
        let named = containers.filter(|container| container["name"] == CONTAINER_NAME);
        let ports = named.filter_map(|container| container["ports"].as_array()).flatten();
        ports.filter_map(|port| port["containerPort"].as_u64()?.try_into().ok()).collect()
    }

    /// Whether it has pods of this template.
    pub(crate) fn runs(&self, template: &Value) -> bool {
        self.has_pods() && has_all(&self.spec.template, template)
    }

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
