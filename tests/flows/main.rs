//! End-to-end tests: users of the platform, with the real components under the local host and simulated
//! GitHub and Kubernetes. They are one binary, so that the components are compiled only once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod auth;
mod automatic_deployments;
mod builds;
mod config_file;
mod deployments;
mod platform;
mod previews;
mod projects;
mod promotion;
mod pushes;
mod services;
mod support;
