//! A component's `cas` handle.

use super::bucket::Bucket;

/// A key, and the value that a swap expects to find.
pub struct Cas {
    pub bucket: Bucket,
    pub key: String,
    /// `None` if the key did not exist.
    pub expected: Option<Vec<u8>>,
}
