//! The only crate that knows Spin: storage, outbound HTTP, variables, routes, answers.
//!
//! A component is a table of [`Route`]s and the functions behind them:
//!
//! ```ignore
//! const ROUTES: &[Route] = &[Route::get("/health", Demand::Public, |c| Box::pin(health(c)))];
//!
//! #[spin_sdk::http_service]
//! async fn handle(request: Request) -> Response<BoxBody> {
//!     nokube_edge::serve("builds", ROUTES, request).await
//! }
//! ```
//!
//! Instances serve several requests at once and live on: what is kept in memory here is safe to
//! share between callers (settings, tokens of the platform's own), and a panic would end every
//! request of the instance, so nothing panics.

pub mod audit;
pub mod auth;
pub mod claims;
pub mod failure;
pub mod files;
mod headers;
mod keys;
pub mod limits;
pub mod outbound;
pub mod people;
pub mod receive;
pub mod reply;
pub mod route;
mod scope;
pub mod settings;
pub mod store;

pub use failure::{Failure, Result};
pub use receive::Call;
pub use reply::Reply;
pub use route::{Route, blocked, serve, serve_servers};
pub use scope::warn;
pub use spin_sdk::http::{BoxBody, Request, Response};

use std::pin::pin;

/// Now, by the wall clock.
pub fn now() -> nokube_domain::Timestamp {
    nokube_domain::Timestamp::now()
}

/// 64 random bits from the host's secure source.
///
/// # Errors
/// The host has none.
pub fn random() -> Result<u64> {
    getrandom::u64().map_err(|error| Failure::internal("no randomness", error))
}

/// Random bytes from the host's secure source.
///
/// # Errors
/// The host has none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal("no randomness", error))?;
    Ok(bytes)
}

/// Waits.
pub async fn sleep(milliseconds: u64) {
    spin_sdk::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
}

/// Goes on with `task` after the answer has begun, for `milliseconds` at most: who reads that slowly gets
/// no more.
pub fn spawn_for(milliseconds: u64, task: impl Future<Output = ()> + 'static) {
    spawn(async move {
        futures::future::select(pin!(task), pin!(sleep(milliseconds))).await;
    });
}

/// Goes on with `task` after the answer has begun.
fn spawn(task: impl Future<Output = ()> + 'static) {
    match scope::current() {
        Some(scope) => spin_sdk::wasip3::spawn(scope.run(task)),
        None => spin_sdk::wasip3::spawn(task),
    }
}
