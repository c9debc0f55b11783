//! Numbers and hashes that stay the same for the same name, so that a restart changes nothing.

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[must_use]
pub fn sha256(text: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(text.as_ref()))
}

/// A commit's or a tree's name, made from what it stands for.
#[must_use]
pub fn sha1_like(text: &str) -> String {
    sha256(text).chars().take(40).collect()
}

/// A number between `from` and `from + 10,000,000`, made from a name (in any case).
#[must_use]
pub fn number(from: u64, name: &str) -> u64 {
    let hash = Sha256::digest(name.to_ascii_lowercase());
    let small = hash.iter().take(6).fold(0_u64, |sum, byte| sum * 256 + u64::from(*byte));
    from + small % 10_000_000
}

#[must_use]
pub fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
