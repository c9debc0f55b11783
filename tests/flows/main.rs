//! What users do, on the real components under the local host. One binary, so that the components
//! are compiled once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod access;
mod app;
mod auth_leaving;
mod auth_outside;
mod auth_projects;
mod auth_routes;
mod auth_sign_in;
mod auth_tampering;
mod auth_tokens;
mod browser;
mod builder;
mod builds;
mod cancel_retry;
mod cost;
mod deploys;
mod deploys_life;
mod deploys_lost;
mod faults;
mod idempotency;
mod issuer;
mod lists;
mod logs;
mod lost;
mod metrics;
mod observe;
mod page;
mod published;
mod ready;
mod refusals;
mod registry;
mod requests;
mod two_hosts;
mod webhooks;
