//! Verifies the App's JWT as GitHub does: signature, issuer, times.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::Verifier;
use rsa::{PrivateKey, PublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use crate::github::options::AppKey;

/// GitHub's limit of the lifetime, in seconds.
const MAX_LIFETIME: i64 = 600;

pub struct AppVerifier {
    pub client_id: String,
    key: VerifyingKey<Sha256>,
}

impl AppVerifier {
    pub fn new(app: &AppKey) -> anyhow::Result<Self> {
        let pem = app.private_key_pem.trim();
        let private = PrivateKey::from_pkcs1_pem(pem)
            .or_else(|_| PrivateKey::from_pkcs8_pem(pem))
            .context("the App's private key is neither PKCS#1 nor PKCS#8 PEM of an RSA key")?;
        let key = VerifyingKey::new(PublicKey::from(&private));
        Ok(Self { client_id: app.client_id.clone(), key })
    }

    /// The error is GitHub's message.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<(), &'static str> {
        let claims = self.verified_claims(token).ok_or("A JSON web token could not be decoded")?;
        let now = now.as_second();
        if claims.iss != self.client_id {
            return Err("Integration not found");
        }
        if claims.iat > now {
            return Err("'Issued at' claim ('iat') must be an Integer representing the time that \
                        the assertion was issued");
        }
        if claims.exp <= now {
            return Err(
                "'Expiration time' claim ('exp') must be a numeric value representing the \
                        future time at which the assertion expires",
            );
        }
        if claims.exp > now + MAX_LIFETIME {
            return Err("'Expiration time' claim ('exp') is too far in the future");
        }
        Ok(())
    }

    /// None if the token is malformed, or its signature is wrong.
    fn verified_claims(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = decode_part(header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signature = Signature::try_from(signature.as_slice()).ok()?;
        self.key.verify(signed.as_bytes(), &signature).ok()?;
        if header.alg == "RS256" { decode_part(claims) } else { None }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
}

fn decode_part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Whether a bearer token has the form of a JWT.
pub fn looks_like_jwt(token: &str) -> bool {
    token.starts_with("ey") && token.matches('.').count() == 2
}
