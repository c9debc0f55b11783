//! Pushes: which of them build a service, whatever happens to events, people, repositories and requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod config_file;
mod config_file_requests;
mod faults;
#[path = "../support/github_app.rs"]
mod github_app;
mod linking;
mod previews;
mod reasons;
mod responsible;
mod several;
mod slow;
mod story;
mod works;
