//! Bearer tokens: compact JWS with HS256 (RFC 7515, 7519), as the platform's clients have them.
//!
//! Only the framing is ours; the MAC is RustCrypto's. `alg` is never taken from the token: a header
//! that does not say HS256 is refused before anything else is looked at.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What a token must fulfil.
pub struct Expected<'a> {
    pub secret: &'a [u8],
    pub issuer: &'a str,
    pub audience: &'a str,
    /// Seconds by which the issuer's clock may differ from ours.
    pub leeway: i64,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Audience,
    /// Seconds since 1970.
    pub exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
}

/// `aud` is a text or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Why a token was refused. A caller is told no more than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the bearer token is not one that this platform accepts")]
    NotOurs,
    #[error("the bearer token has expired")]
    Expired,
    #[error("the bearer token is not valid yet")]
    NotYet,
    #[error("the bearer token is meant for another issuer or audience")]
    Elsewhere,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    /// Extensions that must be understood (RFC 7515, 4.1.11); we understand none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
}

/// The payload of a token that one of `secrets` signed, and which of them: nothing of it is checked
/// yet. Empty secrets sign nothing.
///
/// # Errors
/// None of them signed it, or it is no HS256 token.
pub fn open(token: &str, secrets: &[&[u8]]) -> Result<(usize, Vec<u8>), Refused> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Refused::NotOurs)?;
    let (header, payload) = signed.split_once('.').ok_or(Refused::NotOurs)?;
    let header: Header = decode(header)?;
    if header.alg != "HS256" || header.crit.is_some() {
        return Err(Refused::NotOurs);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refused::NotOurs)?;
    for (number, secret) in secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty()) {
        // Compares in constant time.
        if mac(secret, signed)?.verify_slice(&signature).is_ok() {
            let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Refused::NotOurs)?;
            return Ok((number, payload));
        }
    }
    Err(Refused::NotOurs)
}

/// Checks a token and returns what it says.
///
/// # Errors
/// The signature is looked at before the claims are: who cannot sign learns nothing of them.
pub fn verify(token: &str, expected: &Expected<'_>) -> Result<Claims, Refused> {
    let (_, payload) = open(token, &[expected.secret])?;
    Claims::parse(&payload, expected.issuer, expected.audience, expected.leeway, expected.now)
}

impl Claims {
    /// Reads a payload whose signature has been checked.
    ///
    /// # Errors
    /// It is for somebody else, over, or not yet valid.
    pub fn parse(
        payload: &[u8],
        issuer: &str,
        audience: &str,
        leeway: i64,
        now: i64,
    ) -> Result<Self, Refused> {
        let claims: Self = serde_json::from_slice(payload).map_err(|_| Refused::NotOurs)?;
        let for_us = match &claims.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        };
        let later = now.saturating_add(leeway);
        if claims.iss != issuer || !for_us {
            Err(Refused::Elsewhere)
        } else if claims.exp <= now.saturating_sub(leeway) {
            Err(Refused::Expired)
        } else if claims.nbf.is_some_and(|nbf| nbf > later) || claims.iat.is_some_and(|t| t > later)
        {
            Err(Refused::NotYet)
        } else {
            Ok(claims)
        }
    }
}

/// Signs `claims`.
///
/// # Errors
/// Only if the claims cannot be written as JSON.
pub fn sign(claims: &Claims, secret: &[u8]) -> Result<String, Refused> {
    sign_any(claims, secret)
}

/// Signs what the platform says to itself.
///
/// # Errors
/// Only if it cannot be written as JSON.
pub fn sign_any(claims: &impl Serialize, secret: &[u8]) -> Result<String, Refused> {
    let header = Header { alg: "HS256".into(), typ: Some("JWT".into()), crit: None };
    let part = |json: serde_json::Result<Vec<u8>>| {
        json.map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| Refused::NotOurs)
    };
    let signed =
        format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(claims))?);
    let signature = URL_SAFE_NO_PAD.encode(mac(secret, &signed)?.finalize().into_bytes());
    Ok(format!("{signed}.{signature}"))
}

fn mac(secret: &[u8], signed: &str) -> Result<Hmac<Sha256>, Refused> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Refused::NotOurs)?;
    mac.update(signed.as_bytes());
    Ok(mac)
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refused> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::NotOurs)?;
    serde_json::from_slice(&json).map_err(|_| Refused::NotOurs)
}
