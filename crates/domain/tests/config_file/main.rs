//! `nokube.toml`: what it may say, its faults with line and column, its JSON Schema, and what is made of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod applied;
mod arbitrary;
mod faults;
mod read;
#[cfg(feature = "schema")]
mod schema;

use nokube_domain::config_file::{FileService, parse};

/// The faults as they are printed, without the name of the file.
fn faults(text: &str) -> Vec<String> {
    let errors = parse(text).map(|file| panic!("{file:?}")).unwrap_err();
    errors.iter().map(|error| error.to_string().replacen("nokube.toml:", "", 1)).collect()
}

/// The only service of a file.
fn service(text: &str) -> FileService {
    let file = parse(text).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(file.services.len(), 1, "{text}");
    file.services.into_values().next().unwrap()
}
