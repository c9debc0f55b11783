//! Pushes: which of them build a service, whatever happens to events, people, repositories and requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod faults;
mod linking;
mod reasons;
mod responsible;
mod several;
mod slow;
mod story;
mod works;
