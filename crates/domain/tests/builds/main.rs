//! Builds: requests, merging of GitHub's reports, the status, and what to poll.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod capacity;
mod events;
mod final_view_json;
mod fixtures;
mod limits;
mod lists;
mod merge;
mod plan;
mod request;
mod steps;
mod times;
