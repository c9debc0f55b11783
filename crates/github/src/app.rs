//! The GitHub App's own token: a JWT signed RS256 with the App's private key.
//!
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::{
    PrivateKey,
    pkcs1::DecodeRsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::DecodePrivateKey,
    sha2::Sha256,
    signature::{SignatureEncoding, Signer},
};
use serde_json::json;

/// Seconds that a token is dated back, because GitHub refuses one from its future.
const BACK: i64 = 60;
/// Seconds that a token lives; GitHub takes at most 600 from `iat`.
const LIFE: i64 = 540;

/// The App's identity.
#[derive(Clone)]
pub struct App {
    client_id: String,
    key: SigningKey<Sha256>,
}

/// Why the App's settings cannot be used. Never holds the key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadKey {
    #[error("is no private key in PEM (it begins with -----BEGIN RSA PRIVATE KEY-----)")]
    NotPem,
    #[error("cannot sign")]
    CannotSign,
}

impl App {
    /// `pem` is the file that GitHub gives (PKCS#1), or PKCS#8. Line breaks may be written `\n`, as
    /// they are in files that hold one variable a line.
    ///
    /// # Errors
    /// The text is no such key.
    pub fn new(client_id: &str, pem: &str) -> Result<Self, BadKey> {
        let pem = pem.replace("\\n", "\n");
        let pem = pem.trim();
        let key = PrivateKey::from_pkcs1_pem(pem).or_else(|_| PrivateKey::from_pkcs8_pem(pem));
        let key = SigningKey::new(key.map_err(|_| BadKey::NotPem)?);
        Ok(Self { client_id: client_id.to_owned(), key })
    }

    /// A token for the App itself; `now` in seconds since 1970.
    ///
    /// # Errors
    /// The key cannot sign, or there is no randomness for its blinding.
    pub fn token(&self, now: i64) -> Result<String, BadKey> {
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = part(json!({ "alg": "RS256", "typ": "JWT" }));
        let iat = now - BACK;
        let claims = part(json!({ "iat": iat, "exp": iat + LIFE, "iss": self.client_id }));
        let signed = format!("{header}.{claims}");
        let signature = self.key.try_sign(signed.as_bytes()).map_err(|_| BadKey::CannotSign)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
