//! The platform's API: the client, and the fields of its requests and responses that this program uses.
//!
//! Types are held against docs/api/openapi.json by tests, see [`contract`].

pub mod builds;
pub mod client;
#[cfg(test)]
pub mod client_tests;
#[cfg(test)]
pub mod contract;
pub mod deployments;
pub mod dry_run;
pub mod identity;
pub mod pages;
pub mod path;
pub mod platform;
pub mod previews;
pub mod problem;
pub mod projects;
pub mod releases;
pub mod retry;
pub mod services;
pub mod sse;
pub mod tokens;

pub use client::{Answer, Client, Received};
pub use pages::typed;
pub use path::segment;
pub use problem::Problem;
