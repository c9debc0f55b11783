//! Builds with the workflow as it stands. `make test-builder` runs these tests; they need root.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod images;
mod previews;
mod published_data;
mod sources;
