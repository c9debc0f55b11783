//! Builds wait until the project's owner may have one more: each is dispatched once, and the limit holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod dispatched;
mod ended;
mod platform;
