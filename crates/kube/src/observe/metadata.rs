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

/// Defines the structs that objects are read into. A field that is missing or `null` has its default value.
macro_rules! observed {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty,)*
    })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        $vis struct $name {
            $(
                $(#[$field_meta])*
                #[serde(deserialize_with = "crate::observe::metadata::null_as_default")]
                $field_vis $field: $type,
            )*
        }
    )*};
}
pub(super) use observed;

observed! {
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

    pub struct OwnerReference {
        pub uid: String,
    }

    pub struct ManagedFields {
        pub manager: String,
        pub operation: String,
        /// The fields as a tree of keys with the prefix `f:`.
        pub fields_v1: Value,
    }

    /// An object of any kind, of which only the metadata are read.
    pub struct PartialObject {
        pub metadata: Metadata,
    }
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
