//! What needs more time than `tests/flows`: sampled orders of events, crowds, large storage, crashes.
//! Run by `make test-slow`; a test that samples prints its seed when it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod crash;
mod events;
mod lists;
mod machine;
mod many;
mod rows;
mod visitors;
