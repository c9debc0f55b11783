//! Deployments and their ReplicaSets.

use super::metadata::{Metadata, null_as_default};
use nokube_domain::deployments::ConditionView;
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ObservedDeployment {
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "null_as_default")]
    spec: DeploymentSpec,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) status: DeploymentStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct DeploymentSpec {
    replicas: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DeploymentStatus {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) observed_generation: i64,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) replicas: u32,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) updated_replicas: u32,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) ready_replicas: u32,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) available_replicas: u32,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) conditions: Vec<ConditionView>,
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

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ObservedReplicaSet {
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "null_as_default")]
    spec: ReplicaSetSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ReplicaSetSpec {
    replicas: Option<u32>,
    template: Value,
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
