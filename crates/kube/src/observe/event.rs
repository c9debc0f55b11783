//! Kubernetes events.
//!
//! An event of the core API has one of two shapes: with a count and `lastTimestamp`, or with `eventTime` and a
//! series. <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>

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
        count: Option<u32>,
        first_timestamp: Option<Timestamp>,
        last_timestamp: Option<Timestamp>,
        event_time: Option<Timestamp>,
        series: Option<Series>,
        reporting_component: String,
        source: Source,
    }

    pub struct ObjectReference {
        pub kind: String,
        pub name: String,
        pub uid: String,
        /// Of a pod's container: `spec.containers{app}`.
        pub field_path: String,
    }

    struct Series {
        count: u32,
        last_observed_time: Option<Timestamp>,
    }

    struct Source {
        component: String,
    }
}

/// The API server cuts a generated name's prefix to this length, and appends five characters.
const MAX_GENERATED_PREFIX: usize = 58;
const GENERATED_SUFFIX: usize = 5;
/// The hash of a pod template is a number of 32 bits in these characters.
const HASH_CHARACTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const MAX_HASH: usize = 10;

impl ObservedEvent {
    pub fn first_occurred_at(&self) -> Option<Timestamp> {
        self.first_timestamp.or(self.event_time).or(self.metadata.creation_timestamp)
    }

    pub fn last_occurred_at(&self) -> Option<Timestamp> {
        let in_series = self.series.as_ref().and_then(|series| series.last_observed_time);
        let last = [in_series, self.last_timestamp, self.event_time].into_iter().flatten().max();
        last.or(self.first_occurred_at())
    }

    /// How often it has occurred.
    pub fn count(&self) -> u32 {
        let in_series = self.series.as_ref().map(|series| series.count);
        in_series.or(self.count).unwrap_or(1).max(1)
    }

    /// The controller or kubelet that reports it.
    pub fn reporting_component(&self) -> &str {
        match self.reporting_component.as_str() {
            "" => &self.source.component,
            component => component,
        }
    }

    /// Whether the event is about an object of this service. The object may be deleted already, so this is decided
    /// by its name: a ReplicaSet is `{service}-{template hash}`, a pod `{service}-{template hash}-{5 characters}`.
    pub fn is_about(&self, service: &ServiceName) -> bool {
        let ObjectReference { kind, name, .. } = &self.involved_object;
        match kind.as_str() {
            "ReplicaSet" => replica_set_hash(name, service).is_some_and(is_hash),
            "Pod" => is_pod(name, service),
            "PersistentVolumeClaim" => *name == names::volume_claim(service),
            "Service" => *name == names::service_object(service),
            "Certificate" => *name == names::certificate_secret(service),
            "Deployment"
            | "HorizontalPodAutoscaler"
            | "PodDisruptionBudget"
            | "NetworkPolicy"
            | "Ingress"
            | "HTTPRoute" => name == service.as_str(),
            _ => false,
        }
    }
}

/// What follows the service and a hyphen.
fn replica_set_hash<'a>(name: &'a str, service: &ServiceName) -> Option<&'a str> {
    name.strip_prefix(service.as_str())?.strip_prefix('-')
}

fn is_hash(text: &str) -> bool {
    (1..=MAX_HASH).contains(&text.len()) && text.bytes().all(|b| HASH_CHARACTERS.contains(&b))
}

fn is_pod(name: &str, service: &ServiceName) -> bool {
    let Some(prefix) = name.len().checked_sub(GENERATED_SUFFIX).and_then(|end| name.get(..end))
    else {
        return false;
    };
    let Some(rest) = replica_set_hash(prefix, service) else { return false };
    match rest.strip_suffix('-') {
        Some(hash) => is_hash(hash),
        // The name was too long, so the hash or the hyphen after it was cut.
        None => prefix.len() == MAX_GENERATED_PREFIX && (rest.is_empty() || is_hash(rest)),
    }
}

/// Orders events with the newest first.
pub fn newest_first(events: &mut [ObservedEvent]) {
    events.sort_by_key(|event| std::cmp::Reverse(event.last_occurred_at()));
}
