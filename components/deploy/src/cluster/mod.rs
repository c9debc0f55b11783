//! The Kubernetes API server: sending requests, and what is read from it.

mod client;
pub mod events;
pub mod exposure;
pub mod logs;
pub mod preflight;
pub mod snapshot;

pub use client::{ApiResponse, Cluster, ClusterError, ClusterResult, PROPAGATION_RETRIES};
