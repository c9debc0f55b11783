//! Key-value stores: the file, and the two interfaces to it.

mod file;
mod spin;
mod wasi;

pub use file::File;

/// A store that a component has opened.
#[derive(Clone)]
pub struct Bucket {
    pub file: File,
    pub label: String,
}

/// What a component means to replace, as it was when it looked.
pub struct Cas {
    pub bucket: Bucket,
    pub key: String,
    pub seen: Option<Vec<u8>>,
}
