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
        pub namespace: String,
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

    /// The fields that a manager owns.
    /// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers>
    pub struct ManagedFields {
        pub manager: String,
        pub operation: String,
        pub(super) subresource: String,
        pub(super) time: Option<Timestamp>,
        fields_v1: FieldSet,
    }

    /// The fields below `spec`; others are not read, because `managedFields` are long.
    struct FieldSet {
        /// A tree of keys with the prefix `f:`.
        #[serde(rename = "f:spec")]
        spec: Value,
    }

    /// An object of any kind, of which only the metadata are read.
    pub struct PartialObject {
        pub metadata: Metadata,
    }
}

/// More than any platform counts to. A higher number in the annotation is somebody else's, and the next revision, whose
/// number is above it, would use up the numbers.
const MAX_REVISION: u32 = 1_000_000_000;

impl ManagedFields {
    /// The fields below `spec`, as a tree of keys with the prefix `f:`.
    pub(super) fn spec(&self) -> &Value {
        &self.fields_v1.spec
    }

    /// Whether they are what NoKube applied.
    fn is_applied_by_nokube(&self) -> bool {
        self.manager == FIELD_MANAGER && self.operation == "Apply"
    }
}

impl Metadata {
    /// The fields below `spec` that NoKube applied (server-side apply).
    pub(super) fn applied_fields(&self) -> impl Iterator<Item = &Value> {
        let applied = self.managed_fields.iter().filter(|fields| fields.is_applied_by_nokube());
        applied.map(ManagedFields::spec)
    }

    /// When NoKube last applied other fields or values.
    pub(super) fn applied_at(&self) -> Option<Timestamp> {
        let applied = self.managed_fields.iter().filter(|fields| fields.is_applied_by_nokube());
        applied.filter_map(|fields| fields.time).max()
    }

    /// Whether NoKube has applied the object, according to `managedFields`.
    pub fn is_managed_by_nokube(&self) -> bool {
        self.applied_fields().next().is_some()
    }

    /// Whether NoKube owns `spec.replicas`. Then an apply without that field resets it to 1.
    pub fn owns_replicas(&self) -> bool {
        self.applied_fields().any(|fields| fields.get("f:replicas").is_some())
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
        let number = text.and_then(|text| text.parse().ok());
        number.filter(|number| *number <= MAX_REVISION).unwrap_or(0)
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
    #[serde(default, deserialize_with = "null_as_default")]
    metadata: ListMetadata,
}

observed! {
    struct ListMetadata {
        r#continue: String,
    }
}

impl<T> List<T> {
    /// The token of the request for the next page, if there is one.
    pub fn next_page(&self) -> Option<&str> {
        Some(self.metadata.r#continue.as_str()).filter(|token| !token.is_empty())
    }
}
