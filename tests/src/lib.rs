//! Test harness: the real components under the local host, with a simulated GitHub and a simulated
//! Kubernetes cluster.
//!
//! ```ignore
//! let platform = TestPlatform::start().await;
//! let alice = platform.user("alice");
//! let build = alice.start_build(alice.create_project("myapp").await).await;
//! assert_eq!(alice.wait_for_end(&build).await["status"], "success");
//! platform.finish().await;
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

pub mod browser;
mod config;
mod github_conformance;
mod leftovers;
pub mod openapi;
mod platform;
pub mod redis;
mod response;
mod user;

pub use config::{StoreKind, TestConfig};
pub use leftovers::check_leftovers;
pub use platform::{TestPlatform, app, storage_file};
pub use response::Response;
pub use user::{User, claims};

// Secrets of the platform. [`check_leftovers`] checks that none of them is stored or printed.
pub const JWT_SECRET: &str = "sentinel-jwt-secret-of-32-bytes-at-least";
pub const REDIS_PASSWORD: &str = "sentinel-redis-password";
pub const WEBHOOK_SECRET: &str = "sentinel-webhook-secret";
pub const GITHUB_TOKEN: &str = "sentinel-github-token";
pub const SESSION_SECRET: &str = "sentinel-session-secret-of-32-bytes-at-least";
pub const CLIENT_SECRET: &str = "sentinel-client-secret";
pub const KUBERNETES_TOKEN: &str = "sentinel-kubernetes-token";
pub const SECRET_NAMES_KEY: &str = "sentinel-names-key-of-32-bytes-at-least";
/// A substring of every secret of a user. It may only be in the cluster.
pub const USER_SECRET_VALUE: &str = "sentinel-user-secret";

pub const CLIENT_ID: &str = "Iv1.tests";
pub const BUILDER_REPOSITORY: &str = "platform/builder";
/// The platform's public URL. It does not resolve, so tests follow redirects themselves.
pub const PLATFORM_URL: &str = "http://nokube.test";
