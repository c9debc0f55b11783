//! Readers of the cluster's objects, and the state of a rollout that follows from them.
//!
//! The types have only the fields that are needed. Those of `k8s-openapi` would parse all fields, which
//! makes a component much larger.

mod certificate;
mod claim;
mod condition;
mod container;
mod container_issue;
mod deployment;
mod event;
mod field_changes;
mod gateway;
mod ingress;
mod metadata;
mod namespace;
mod pod;
mod pod_issues;
mod quota;
mod reachability;
pub mod reasons;
mod rollout;
mod route;
mod secret;
mod service;
mod snapshot;

pub use certificate::ObservedCertificate;
pub use claim::{ObservedClaim, ObservedStorageClass, storage_class};
pub use deployment::{ObservedDeployment, ObservedReplicaSet};
pub use event::{ObservedEvent, newest_first};
pub use field_changes::changes_by_others;
pub use gateway::{ObservedGateway, gateway_issues};
pub use ingress::{ObservedIngressClass, class_issue, has_default_class};
pub use metadata::{List, Metadata, PartialObject};
pub use namespace::{NamespaceStatus, namespace_status};
pub use pod::ObservedPod;
pub use pod_issues::{CrashLog, PodContext};
pub use quota::{ObservedQuota, PodUsage};
pub use reachability::{ExposureObjects, Lookup, Reachability};
pub use route::ObservedRoute;
pub use secret::ObservedSecret;
pub use service::ObservedService;
pub use snapshot::ClusterSnapshot;
