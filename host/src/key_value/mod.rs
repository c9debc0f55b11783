//! Key-value stores: where they are kept, and the two interfaces to them.

mod bucket;
mod error;
mod file;
mod redis;
mod spin;
mod stores;
mod wasi;

pub use bucket::Bucket;
pub(crate) use stores::{Kind, open};

/// What a component means to replace, as it was when it looked.
pub struct Cas {
    pub bucket: Bucket,
    pub key: String,
    pub seen: Option<Vec<u8>>,
}

pub(crate) enum Swapped {
    Yes,
    /// Someone else was faster; this is the value now.
    No(Option<Vec<u8>>),
}
