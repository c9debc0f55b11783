//! The only crate of the product that uses Spin: storage, outbound HTTP, settings, routes and replies.
//!
//! A component is a table of [`Route`]s and their handlers:
//!
//! ```ignore
//! pub const ROUTES: &[Route] =
//!     &[route!(GET, "/health", AccessPolicy::Public, health::health)];
//!
//! #[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
//! pub async fn handle(request: Request) -> Response<BoxBody> {
//!     nokube_edge::serve("builds", ROUTES, request).await
//! }
//! ```
//!
//! An instance serves several requests concurrently and outlives them. So whatever it caches in memory
//! must be safe to share between callers (settings, the platform's own tokens), and nothing may panic:
//! a panic ends every request of the instance.

pub mod audit;
pub mod auth;
pub mod automatic;
pub mod builds;
pub mod chaining;
mod error;
pub mod host;
mod http;
pub mod outbound;
pub mod places;
pub mod previews;
pub mod projects;
pub mod pushes;
pub mod readiness;
pub mod retry;
pub mod services;
pub mod settings;
mod spin;
pub mod store;
pub mod telemetry;
pub mod work;

pub use self::http::{
    BodyError, BoxBody, Call, HandlerFuture, Reply, Route, body, conditional, path_pattern,
    rate_limit, serve, serve_unauthenticated, sse, static_files,
};
pub use ::http::Method;
pub use auth::usernames;
pub use error::{Error, Result};
pub use host::{now, random, random_bytes, sleep, spawn_for};
pub use nokube_domain::access::AccessPolicy;
pub use spin::{Request, Response};
pub use store::reservation;
pub use telemetry::warn;
