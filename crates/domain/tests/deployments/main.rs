//! Deployments: requests, images, revisions, and the status.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod automatic;
mod bounds;
#[path = "../builds/fixtures.rs"]
mod build_fixtures;
mod command;
mod exposure;
mod external_images;
mod file_configuration;
mod fixtures;
mod image;
mod observation;
mod promotion;
mod quantity;
mod request;
mod revision;
mod saved;
mod suggestions;
mod unused_fields;
mod view;
mod warnings;
