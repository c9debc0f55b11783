//! Kubernetes events.

use super::metadata::{Metadata, observed};
use crate::names;
use nokube_domain::{Timestamp, name::ServiceName};

observed! {
    pub struct ObservedEvent {
        pub metadata: Metadata,
        pub involved_object: ObjectReference,
        pub r#type: String,
        pub reason: String,
        pub message: String,
        pub count: Option<u32>,
        pub last_timestamp: Option<Timestamp>,
        pub event_time: Option<Timestamp>,
    }

    pub struct ObjectReference {
        pub kind: String,
        pub name: String,
        pub uid: String,
    }
}

impl ObservedEvent {
    pub fn last_occurred_at(&self) -> Option<Timestamp> {
        self.last_timestamp.or(self.event_time).or(self.metadata.creation_timestamp)
    }

    /// Whether the event is about an object of this service. The object may be deleted already, so this is decided
    /// by its name: a ReplicaSet is `{service}-{template hash}`, a pod `{service}-{template hash}-{5 characters}`.
    pub fn is_about(&self, service: &ServiceName) -> bool {
        let ObjectReference { kind, name, .. } = &self.involved_object;
        let is_hash = |part: &str| {
            (6..=10).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let suffix =
            name.strip_prefix(service.as_str()).and_then(|suffix| suffix.strip_prefix('-'));
        let parts: Vec<&str> = suffix.map(|suffix| suffix.split('-').collect()).unwrap_or_default();
        match (kind.as_str(), parts.as_slice()) {
            ("ReplicaSet", [set]) => is_hash(set),
            ("Pod", [set, pod]) => is_hash(set) && pod.len() == 5,
            ("ReplicaSet" | "Pod", _) => false,
            ("PersistentVolumeClaim", _) => *name == names::volume_claim(service),
            ("Service", _) => *name == names::service_object(service),
            _ => name == service.as_str(),
        }
    }
}
