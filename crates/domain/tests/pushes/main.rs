//! Pushes: which commit should be built, whatever order events arrive in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod config_file;
mod fixtures;
mod found_pull_requests;
mod list;
mod next;
mod orders;
mod previews;
mod pull_request_fixtures;
mod pull_request_orders;
mod pull_requests;
mod skip;
mod stored;
mod watch;
