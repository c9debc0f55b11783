//! Services: what is saved to build them from, built with one request, and listed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod linking;
mod lists;
mod platform;
mod saving;
