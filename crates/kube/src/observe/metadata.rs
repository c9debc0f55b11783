//! The metadata of an object.

use crate::labels::{DEPLOYMENT_LABEL, FIELD_MANAGER, REVISION_ANNOTATION};
use nokube_domain::{DeploymentId, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads `null` as the default value: Go writes some empty values as `null`.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
    #[serde(deserialize_with = "null_as_default")]
    pub resource_version: String,
    #[serde(deserialize_with = "null_as_default")]
    pub generation: i64,
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    pub creation_timestamp: Option<Timestamp>,
    pub deletion_timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "null_as_default")]
    pub owner_references: Vec<OwnerReference>,
    #[serde(deserialize_with = "null_as_default")]
    pub managed_fields: Vec<ManagedFields>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnerReference {
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ManagedFields {
    #[serde(deserialize_with = "null_as_default")]
    pub manager: String,
    #[serde(deserialize_with = "null_as_default")]
    pub operation: String,
    /// The fields as a tree of keys with the prefix `f:`.
    pub fields_v1: Value,
}

impl Metadata {
    /// The fields that NoKube applied (server-side apply).
    fn applied_fields(&self) -> impl Iterator<Item = &Value> {
        let is_ours = |fields: &&ManagedFields| {
            fields.manager == FIELD_MANAGER && fields.operation == "Apply"
        };
        self.managed_fields.iter().filter(is_ours).map(|fields| &fields.fields_v1)
    }

    /// Whether NoKube has applied the object, according to `managedFields`.
    pub fn is_managed_by_nokube(&self) -> bool {
        self.applied_fields().next().is_some()
    }

    /// Whether NoKube owns `spec.replicas`. Then an apply without that field resets it to 1.
    pub fn owns_replicas(&self) -> bool {
        self.applied_fields().any(|fields| fields.pointer("/f:spec/f:replicas").is_some())
    }

    /// Whether the object has the label of this deployment.
    pub fn is_of_deployment(&self, id: DeploymentId) -> bool {
        self.labels.get(DEPLOYMENT_LABEL) == Some(&id.to_string())
    }

    pub fn is_terminating(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// The revision that was last applied; 0 without a valid annotation.
    pub fn revision(&self) -> u32 {
        let text = self.annotations.get(REVISION_ANNOTATION);
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// An object of any kind, of which only the metadata are read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PartialObject {
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: Metadata,
}

impl PartialObject {
    /// The object in the body of a response, such as that of an apply; `None` if it is not one.
    pub fn from_body(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// The response to a list request.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct List<T> {
    #[serde(default = "Vec::new", deserialize_with = "null_as_default")]
    pub items: Vec<T>,
}
