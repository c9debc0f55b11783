//! Pushes: which commit should be built, whatever order events arrive in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod fixtures;
mod list;
mod next;
mod orders;
mod skip;
mod watch;
