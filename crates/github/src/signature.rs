//! The signature of a webhook: HMAC-SHA-256 over the raw body, in `X-Hub-Signature-256`.
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
    /// For the header's value and the secrets that are accepted (two during a rotation). `None` when
    /// the header is not `sha256=` and 64 hexadecimal digits: no body can fit it.
    ///
    /// Empty secrets are not secrets and are left out.
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

    /// Takes the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        for mac in &mut self.macs {
            mac.update(piece);
        }
    }

    /// Does the signature fit the whole body under one of the secrets? Compares in constant time,
    /// and always under each secret.
    pub fn fits(self) -> bool {
        let Self { macs, expected } = self;
        macs.into_iter().fold(false, |fits, mac| mac.verify_slice(&expected).is_ok() | fits)
    }
}
