//! The workflow's rules, and its scripts with valid and hostile input. They need neither BuildKit nor root.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod previews;
mod programs;
mod rules;
mod scripts;
