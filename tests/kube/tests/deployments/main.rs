//! Deployments of users, with the real components and a real API server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod admission_policy;
mod adoption;
mod lifecycle;
mod manifest_variants;
mod platform;
mod rejections;
mod secrets;
