//! Runs the builder repository's workflow with real buildx, BuildKit, skopeo and a real registry.
//!
//! Not real: GitHub's runner and its actions ([`job`], [`actions`]), and Docker's engine, in whose place
//! [`engine`] starts BuildKit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // only used by tests

pub mod actions;
pub mod builder;
pub mod engine;
pub mod expressions;
pub mod git_server;
pub mod job;
pub mod output;
pub mod registry;
pub mod workflow;
