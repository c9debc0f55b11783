//! Whether services can be reached, from what Services, routes, Gateways and certificates say of themselves.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;
mod gateway;
mod ingress;
mod recorded;
mod service;
mod story;
