//! Verifies a webhook's signature: HMAC-SHA-256 over the raw body, in `X-Hub-Signature-256`.
//!
//! <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Checks a body against a signature while it is being read.
pub struct Verifier {
    macs: Vec<Hmac<Sha256>>,
    expected: Vec<u8>,
}

impl Verifier {
    /// `header` is the header's value, `secrets` are the accepted secrets (two during a rotation). `None` if the
    /// header is not `sha256=` and 64 hexadecimal digits: no body can match it.
    ///
    /// Empty secrets are left out.
    pub fn new(header: &str, secrets: &[&str]) -> Option<Self> {
        let hex = header.strip_prefix("sha256=")?;
        let expected = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
        if expected.len() != 32 {
            return None;
        }
        let macs = secrets.iter().filter(|secret| !secret.is_empty());
        let macs = macs.filter_map(|secret| Hmac::new_from_slice(secret.as_bytes()).ok()).collect();
        Some(Self { macs, expected })
    }

    /// Adds the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        for mac in &mut self.macs {
            mac.update(piece);
        }
    }

    /// Whether the signature matches the whole body with one of the secrets. Compares in constant time, and always
    /// with every secret.
    pub fn matches(self) -> bool {
        let Self { macs, expected } = self;
        macs.into_iter().fold(false, |any, mac| mac.verify_slice(&expected).is_ok() | any)
    }
}
