//! Users' stories with the real command line. They are one binary, so that the components are compiled only once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod changes;
mod exit_status;
mod login;
mod release;
mod story;
mod terminal;
mod up;
