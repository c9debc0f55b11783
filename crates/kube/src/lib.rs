//! Kubernetes as values: manifests, requests, readers of objects, and rollouts. No I/O.
//!
//! [`Manifests`] are made from a deployment's state ([`nokube_domain::deployments::DeployedState`]) and
//! the operator's settings ([`Platform`]). [`request`] makes the requests that apply them, [`error`]
//! reads why the API server rejected one, and [`observe`] reads the state of a rollout from the
//! cluster's objects.

pub mod diff;
pub mod error;
pub mod kind;
pub mod labels;
pub mod manifest;
pub mod names;
pub mod observe;
pub mod permissions;
pub mod platform;
pub mod quota;
pub mod redact;
pub mod request;
pub mod review;

pub use kind::Kind;
pub use manifest::{Dependencies, Manifest, ManifestInput, Manifests, Tenant};
pub use platform::Platform;
