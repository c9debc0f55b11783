//! The Kubernetes API server: sending requests, and what is read from it.

mod client;
pub mod logs;
pub mod preflight;
pub mod rbac;
pub mod retry;
pub mod secrets;
pub mod snapshot;

pub use client::{Cluster, ClusterError, Response};
