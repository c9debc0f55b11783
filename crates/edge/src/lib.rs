//! The only crate that knows Spin: storage, outbound HTTP, settings, routes and replies.
//!
//! A component is a table of [`Route`]s and their handlers:
//!
//! ```ignore
//! const ROUTES: &[Route] =
//!     &[Route::new(Method::GET, "/health", AccessPolicy::Public, |call| Box::pin(health(call)))];
//!
//! #[spin_sdk::http_service]
//! async fn handle(request: Request) -> Response<BoxBody> {
//!     nokube_edge::serve("builds", ROUTES, request).await
//! }
//! ```
//!
//! An instance serves several requests concurrently and outlives them. So whatever it caches in memory
//! must be safe to share between callers (settings, the platform's own tokens), and nothing may panic:
//! a panic ends every request of the instance.

pub mod audit;
pub mod auth;
pub mod builds;
pub mod chaining;
mod error;
mod http;
pub mod outbound;
pub mod projects;
pub mod readiness;
mod runtime;
pub mod settings;
pub mod store;
pub mod telemetry;

pub use self::http::{
    Call, Reply, Route, path_pattern, rate_limit, reply, serve, serve_unauthenticated, sse,
    static_files,
};
pub use auth::usernames;
pub use error::{Error, Result};
pub use runtime::{now, random, random_bytes, sleep, spawn_for};
pub use spin_sdk::http::{BoxBody, Request, Response};
pub use store::reservation;
pub use telemetry::warn;
