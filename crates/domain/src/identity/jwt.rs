//! JSON Web Tokens: compact JWS (RFC 7515, RFC 7519), and their verification with HS256.
//!
//! This file implements only the framing; the MAC is RustCrypto's. The algorithm is never chosen by the
//! token: a header with another `alg` than expected is rejected before anything else is checked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What a token's claims are validated against.
pub struct Validation<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    /// Tolerated clock difference to the issuer, in seconds.
    pub leeway: i64,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
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

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Critical extensions (RFC 7515, section 4.1.11). None is supported.
    crit: Option<serde_json::Value>,
}

/// The decoded parts of a token, none of which has been verified.
pub struct Jws<'a> {
    pub alg: String,
    pub key_id: Option<String>,
    /// What the signature is over.
    pub signed: &'a str,
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// # Errors
    /// The text is not a token, or it requires an extension.
    pub fn decode(token: &'a str) -> Result<Self, JwtError> {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Invalid);
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Invalid)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Invalid)?;
        let header = serde_json::from_slice(&decode(header)?).map_err(|_| JwtError::Invalid)?;
        let Header { alg, kid: key_id, crit: None } = header else {
            return Err(JwtError::Invalid);
        };
        let (payload, signature) = (decode(payload)?, decode(signature)?);
        Ok(Self { alg, key_id, signed, payload, signature })
    }

    /// Encodes a token. `sign` returns the signature over its argument.
    ///
    /// # Errors
    /// The error of `sign`, or the payload cannot be serialized.
    pub fn encode<E: From<JwtError>>(
        alg: &str,
        payload: &impl Serialize,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<String, E> {
        let payload = serde_json::to_vec(payload).map_err(|_| JwtError::Invalid)?;
        let header = format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#);
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(&payload));
        let signature = sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}

/// Verifies that one of `secrets` signed the token. Returns the index of that secret and the payload,
/// whose claims are not checked yet. Empty secrets are skipped.
///
/// # Errors
/// None of the secrets signed it, or it is not an HS256 token.
pub fn verify_signature(token: &str, secrets: &[&[u8]]) -> Result<(usize, Vec<u8>), JwtError> {
    let token = Jws::decode(token)?;
    if token.alg != "HS256" {
        return Err(JwtError::Invalid);
    }
    for (index, secret) in secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty()) {
        // `verify_slice` compares in constant time.
        if mac(secret, token.signed.as_bytes())?.verify_slice(&token.signature).is_ok() {
            return Ok((index, token.payload));
        }
    }
    Err(JwtError::Invalid)
}

/// Verifies a token's signature and claims.
///
/// # Errors
/// The signature is checked before the claims, so a forger learns nothing about how claims are judged.
pub fn verify(token: &str, secret: &[u8], validation: &Validation<'_>) -> Result<Claims, JwtError> {
    Claims::parse(&verify_signature(token, &[secret])?.1, validation)
}

impl Claims {
    /// Parses and checks a payload whose signature has been verified.
    ///
    /// # Errors
    /// The issuer or audience is another, or the token is expired or not yet valid.
    pub fn parse(payload: &[u8], validation: &Validation<'_>) -> Result<Self, JwtError> {
        let Validation { issuer, audience, leeway, now } = *validation;
        let claims: Self = serde_json::from_slice(payload).map_err(|_| JwtError::Invalid)?;
        let is_audience = match &claims.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        };
        let is_later = |time: i64| time > now.saturating_add(leeway);
        if claims.iss != issuer || !is_audience {
            Err(JwtError::WrongIssuerOrAudience)
        } else if claims.exp <= now.saturating_sub(leeway) {
            Err(JwtError::Expired)
        } else if claims.nbf.is_some_and(is_later) || claims.iat.is_some_and(is_later) {
            Err(JwtError::NotYetValid)
        } else {
            Ok(claims)
        }
    }
}

/// Signs a payload.
///
/// # Errors
/// The payload cannot be serialized.
pub fn sign(payload: &impl Serialize, secret: &[u8]) -> Result<String, JwtError> {
    Jws::encode("HS256", payload, |signed| {
        Ok(mac(secret, signed)?.finalize().into_bytes().to_vec())
    })
}

fn mac(secret: &[u8], signed: &[u8]) -> Result<Hmac<Sha256>, JwtError> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| JwtError::Invalid)?;
    Ok(mac.chain_update(signed))
}
