//! Readers of the cluster's objects, and the state of a rollout that follows from them.
//!
//! The types have only the fields that are needed. Those of `k8s-openapi` would parse all fields, which
//! makes a component much larger.

mod deployment;
mod event;
mod messages;
mod metadata;
mod namespace;
mod pod;
mod pod_failure;
mod rollout;
mod route;
mod secret;
mod snapshot;

pub use deployment::{ObservedDeployment, ObservedReplicaSet};
pub use event::ObservedEvent;
pub use metadata::{List, Metadata, PartialObject};
pub use namespace::{NamespaceStatus, namespace_status};
pub use pod::ObservedPod;
pub use route::ObservedRoute;
pub use secret::ObservedSecret;
pub use snapshot::ClusterSnapshot;
