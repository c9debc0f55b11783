//! Kubernetes as values: manifests, requests and answers, what a rollout looks like. No I/O.
//!
//! A wish ([`nokube_domain::deploy::Run`]) and the operator's settings ([`Platform`]) become
//! [`Manifests`]; [`request`] makes the requests that tell them to the API server, [`refusal`] says in
//! words why one was refused, and [`observe`] reads from the cluster's objects how a rollout goes.

pub mod difference;
pub mod kind;
pub mod manifest;
pub mod names;
pub mod observe;
pub mod platform;
pub mod refusal;
pub mod request;
pub mod rights;
pub mod shown;

pub use kind::Kind;
pub use manifest::{Deployed, Manifest, Manifests, Tenant};
pub use platform::Platform;
