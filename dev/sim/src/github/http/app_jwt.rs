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
use serde_json::Value;
use sha2::Sha256;

use crate::github::options::AppKey;
use crate::github::render::app::APP_ID;

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
        const NOT_DECODABLE: &str = "A JSON web token could not be decoded";
        let (signed, signature) = token.rsplit_once('.').ok_or(NOT_DECODABLE)?;
        let (header, claims) = signed.split_once('.').ok_or(NOT_DECODABLE)?;
        let header = decode_part(header).ok_or(NOT_DECODABLE)?;
        let claims = decode_part(claims).ok_or(NOT_DECODABLE)?;
        if header.get("alg").and_then(Value::as_str) != Some("RS256") {
            return Err(NOT_DECODABLE);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| NOT_DECODABLE)?;
        let signature = Signature::try_from(signature.as_slice()).map_err(|_| NOT_DECODABLE)?;
        self.key.verify(signed.as_bytes(), &signature).map_err(|_| NOT_DECODABLE)?;

        let issuer = match claims.get("iss") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        if issuer != self.client_id && issuer != APP_ID.to_string() {
            return Err("Integration not found");
        }
        let seconds = |claim| claims.get(claim).and_then(Value::as_i64);
        let now = now.as_second();
        match seconds("iat") {
            Some(at) if at <= now => {}
            _ => {
                return Err("'Issued at' claim ('iat') must be an Integer representing the time \
                            that the assertion was issued");
            }
        }
        match seconds("exp") {
            Some(at) if at <= now => {
                Err("'Expiration time' claim ('exp') must be a numeric value \
                                          representing the future time at which the assertion \
                                          expires")
            }
            Some(at) if at > now + MAX_LIFETIME => {
                Err("'Expiration time' claim ('exp') is too far in the future")
            }
            Some(_) => Ok(()),
            None => {
                Err("'Expiration time' claim ('exp') must be a numeric value representing the \
                         future time at which the assertion expires")
            }
        }
    }
}

fn decode_part(text: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Whether a bearer token has the form of a JWT.
#[must_use]
pub fn looks_like_jwt(token: &str) -> bool {
    token.starts_with("ey") && token.matches('.').count() == 2
}
