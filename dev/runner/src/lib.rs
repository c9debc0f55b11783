//! Runs the builder repository's workflow as GitHub's runner does, with real buildx, BuildKit, skopeo and a real
//! registry: for `make run BUILD=real` ([`local_builds`]) and for the tests of the workflow.
//!
//! Not real: GitHub's runner and its actions ([`job`], [`actions`]), Docker's engine, in whose place [`engine`]
//! starts BuildKit, and the image of the SBOM scanner ([`images`]).

pub mod actions;
pub mod cleanup;
pub mod engine;
pub mod expressions;
pub mod git_server;
mod http_error;
pub mod images;
pub mod job;
pub mod local_builds;
pub mod machine;
mod mutex;
pub mod output;
pub mod process;
pub mod registry;

/// The workflow as it stands.
pub const WORKFLOW: &str = include_str!("../../../builder/.github/workflows/build.yml");
