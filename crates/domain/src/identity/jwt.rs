//! JSON Web Tokens: compact JWS with HS256 (RFC 7515, RFC 7519).
//!
//! This file implements only the framing; the MAC is RustCrypto's. The algorithm is never chosen by the
//! token: a header with another `alg` than HS256 is rejected before anything else is checked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What a token is validated against.
pub struct Validation<'a> {
    pub secret: &'a [u8],
    pub issuer: &'a str,
    pub audience: &'a str,
    /// Tolerated clock difference to the issuer, in seconds.
    pub leeway_seconds: i64,
    /// The current Unix time in seconds.
    pub now: i64,
}

/// The registered claims (RFC 7519, section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Audience,
    /// Unix time in seconds, like `nbf` and `iat`.
    pub exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
}

/// `aud` is a string or a list of strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Why a token was rejected. Callers see no more than these messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    #[error("the bearer token is not one that this platform accepts")]
    Invalid,
    #[error("the bearer token has expired")]
    Expired,
    #[error("the bearer token is not valid yet")]
    NotYetValid,
    #[error("the bearer token is for another issuer or audience")]
    WrongIssuerOrAudience,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    /// Critical extensions (RFC 7515, section 4.1.11). None is supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
}

/// Verifies that one of `secrets` signed the token. Returns the index of that secret and the payload,
/// whose claims are not checked yet. Empty secrets are skipped.
///
/// # Errors
/// None of the secrets signed it, or it is not an HS256 token.
pub fn verify_signature(token: &str, secrets: &[&[u8]]) -> Result<(usize, Vec<u8>), JwtError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Invalid)?;
    let (header, payload) = signed.split_once('.').ok_or(JwtError::Invalid)?;
    let header: Header = decode(header)?;
    if header.alg != "HS256" || header.crit.is_some() {
        return Err(JwtError::Invalid);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwtError::Invalid)?;
    for (index, secret) in secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty()) {
        // `verify_slice` compares in constant time.
        if mac(secret, signed)?.verify_slice(&signature).is_ok() {
            let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| JwtError::Invalid)?;
            return Ok((index, payload));
        }
    }
    Err(JwtError::Invalid)
}

/// Verifies a token's signature and claims.
///
/// # Errors
/// The signature is checked before the claims, so a forger learns nothing about how claims are judged.
pub fn verify(token: &str, validation: &Validation<'_>) -> Result<Claims, JwtError> {
    let (_, payload) = verify_signature(token, &[validation.secret])?;
    Claims::parse(
        &payload,
        validation.issuer,
        validation.audience,
        validation.leeway_seconds,
        validation.now,
    )
}

impl Claims {
    /// Parses and checks a payload whose signature has been verified.
    ///
    /// # Errors
    /// The issuer or audience is another, or the token is expired or not yet valid.
    pub fn parse(
        payload: &[u8],
        issuer: &str,
        audience: &str,
        leeway: i64,
        now: i64,
    ) -> Result<Self, JwtError> {
        let claims: Self = serde_json::from_slice(payload).map_err(|_| JwtError::Invalid)?;
        let is_audience = match &claims.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        };
        let latest_start = now.saturating_add(leeway);
        if claims.iss != issuer || !is_audience {
            Err(JwtError::WrongIssuerOrAudience)
        } else if claims.exp <= now.saturating_sub(leeway) {
            Err(JwtError::Expired)
        } else if claims.nbf.is_some_and(|nbf| nbf > latest_start)
            || claims.iat.is_some_and(|iat| iat > latest_start)
        {
            Err(JwtError::NotYetValid)
        } else {
            Ok(claims)
        }
    }
}

/// Signs `claims`.
///
/// # Errors
/// The claims cannot be serialized.
pub fn sign(claims: &Claims, secret: &[u8]) -> Result<String, JwtError> {
    sign_payload(claims, secret)
}

/// Signs any payload.
///
/// # Errors
/// The payload cannot be serialized.
pub fn sign_payload(payload: &impl Serialize, secret: &[u8]) -> Result<String, JwtError> {
    let header = Header { alg: "HS256".into(), typ: Some("JWT".into()), crit: None };
    let part = |json: serde_json::Result<Vec<u8>>| {
        json.map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| JwtError::Invalid)
    };
    let signed =
        format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(payload))?);
    let signature = URL_SAFE_NO_PAD.encode(mac(secret, &signed)?.finalize().into_bytes());
    Ok(format!("{signed}.{signature}"))
}

fn mac(secret: &[u8], signed: &str) -> Result<Hmac<Sha256>, JwtError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| JwtError::Invalid)?;
    mac.update(signed.as_bytes());
    Ok(mac)
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, JwtError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Invalid)?;
    serde_json::from_slice(&json).map_err(|_| JwtError::Invalid)
}
