//! The GitHub App's own token: a JWT signed RS256 with the App's private key.
//!
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use nokube_domain::jwt::{Jws, JwtError};
use rsa::{
    PrivateKey,
    pkcs1::DecodeRsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::DecodePrivateKey,
    sha2::Sha256,
    signature::{SignatureEncoding, Signer},
};
use serde_json::json;

/// Seconds by which `iat` is set back: GitHub's clock may be slow, and it rejects tokens from the future.
const CLOCK_SKEW: i64 = 60;
/// Seconds from `iat` to `exp`; GitHub accepts at most 600.
const LIFETIME: i64 = 540;

/// The App's identity.
#[derive(Clone)]
pub struct App {
    client_id: String,
    key: SigningKey<Sha256>,
}

/// Why the App's private key cannot be used. Never contains the key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    #[error("is no private key in PEM (it begins with -----BEGIN RSA PRIVATE KEY-----)")]
    NotPem,
    #[error("cannot sign")]
    CannotSign,
}

impl App {
    /// `pem` is the file that GitHub creates (PKCS#1), or PKCS#8. Line breaks may be written `\n`, as in files
    /// with one variable a line.
    ///
    /// # Errors
    /// The text is not such a key.
    pub fn new(client_id: &str, pem: &str) -> Result<Self, KeyError> {
        let pem = pem.replace("\\n", "\n");
        let pem = pem.trim();
        let key = PrivateKey::from_pkcs1_pem(pem).or_else(|_| PrivateKey::from_pkcs8_pem(pem));
        let key = SigningKey::new(key.map_err(|_| KeyError::NotPem)?);
        Ok(Self { client_id: client_id.to_owned(), key })
    }

    /// A token of the App itself; `now` in seconds since 1970.
    ///
    /// # Errors
    /// The key cannot sign, or there is no randomness for its blinding.
    pub fn token(&self, now: i64) -> Result<String, KeyError> {
        let iat = now - CLOCK_SKEW;
        let claims = json!({ "iat": iat, "exp": iat + LIFETIME, "iss": self.client_id });
        let sign = |signed: &[u8]| {
            self.key
                .try_sign(signed)
                .map(|signature| signature.to_vec())
                .map_err(|_| JwtError::Invalid)
        };
        Jws::encode("RS256", &claims, sign).map_err(|_| KeyError::CannotSign)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
