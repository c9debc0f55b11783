//! Runs the builder repository's workflow with real buildx, BuildKit, skopeo and a real registry, by
//! `nokube-dev-runner`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // only used by tests

pub mod builder;
pub mod job;
pub mod registry;
pub mod workflow;
