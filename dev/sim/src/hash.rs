//! SHA-256 in hexadecimal, and ids that are derived from names, so that they stay the same after a restart.

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of the bytes, in lower-case hexadecimal (64 characters).
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes.as_ref()))
}

/// 64 hexadecimal digits, which differ at each call.
pub fn random() -> String {
    format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..))
}

/// 40 hexadecimal digits, for commits, trees and blobs.
pub fn sha1_like(text: &str) -> String {
    sha256(text).chars().take(40).collect()
}

/// An id from `from` to `from + 9,999,999`. The case of the name does not matter.
pub fn id_from_name(from: u64, name: &str) -> u64 {
    let hash = Sha256::digest(name.to_ascii_lowercase());
    let small = hash.iter().take(6).fold(0_u64, |sum, byte| sum * 256 + u64::from(*byte));
    from + small % 10_000_000
}

pub fn is_commit_sha(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
