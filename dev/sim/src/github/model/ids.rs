//! Ids that are derived from names, so that they stay the same after a restart.

use sha2::{Digest, Sha256};

use crate::hash::sha256;

/// 40 hexadecimal digits, for commits, trees and blobs.
#[must_use]
pub fn sha1_like(text: &str) -> String {
    sha256(text).chars().take(40).collect()
}

/// An id from `from` to `from + 9,999,999`. The case of the name does not matter.
#[must_use]
pub fn id_from_name(from: u64, name: &str) -> u64 {
    let hash = Sha256::digest(name.to_ascii_lowercase());
    let small = hash.iter().take(6).fold(0_u64, |sum, byte| sum * 256 + u64::from(*byte));
    from + small % 10_000_000
}

#[must_use]
pub fn is_commit_sha(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
