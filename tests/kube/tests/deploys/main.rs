//! What users do with deployments, on the real components and a real API server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod fence;
mod life;
mod platform;
mod refused;
mod secrets;
mod story;
mod variants;
