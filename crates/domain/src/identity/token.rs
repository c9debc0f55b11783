//! Opaque tokens, of which only the hash is stored: API tokens, refresh tokens and authorization codes.

use crate::{
    Timestamp, UnknownFields,
    fields::Fields,
    problem::Problem,
    request,
    scope::{Scope, Scopes, TokenScope},
    session::Identity,
};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// A random bearer credential. The token itself is never stored.
pub struct OpaqueToken {
    prefix: &'static str,
    text: String,
}

/// Prefix of API tokens, which lets secret scanners recognize them.
pub const API_TOKEN_PREFIX: &str = "nkt_";
/// Prefix of refresh tokens, which renew a session.
pub const REFRESH_TOKEN_PREFIX: &str = "nkr_";
/// Prefix of authorization codes, which sign in the command line.
pub const AUTHORIZATION_CODE_PREFIX: &str = "nkc_";

/// Random bytes in a token.
pub const RANDOM_BYTES: usize = 32;

impl OpaqueToken {
    /// `random` must come from a secure source.
    pub fn from_random_bytes(prefix: &'static str, random: &[u8; RANDOM_BYTES]) -> Self {
        let text = format!("{prefix}{}", BASE32_NOPAD.encode(random).to_ascii_lowercase());
        Self { prefix, text }
    }

    /// Parses a token that a client sent. `None` if its prefix or syntax is not that of such a token.
    pub fn parse(prefix: &'static str, text: &str) -> Option<Self> {
        let random = text.strip_prefix(prefix)?;
        let is_valid = random.len() == 52
            && random.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
        is_valid.then(|| Self { prefix, text: text.to_owned() })
    }

    /// The token's text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The hash to store. It needs no salt: 256 random bits cannot be guessed.
    pub fn hash(&self) -> TokenHash {
        TokenHash(HEXLOWER.encode(&Sha256::digest(&self.text)))
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.prefix)
    }
}

/// A token's SHA-256 in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

request! {
    /// A request to create an API token.
    pub struct NewToken {
        /// A name to recognize the token by.
        #[schema(min_length = 1_usize, max_length = 60_usize)]
        name: String, required;
        /// What the token can be used for. `build` and `deploy` include `read`.
        #[schema(min_items = 1_usize)]
        scopes: Vec<TokenScope>, required;
        /// At most 366 days from now. Defaults to 90 days from now.
        expires_at: Timestamp;
    }
}

/// A validated request to create an API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiTokenRequest {
    pub name: String,
    pub scopes: Scopes,
    pub expires_at: Timestamp,
}

/// The longest lifetime that the operator can allow.
pub const MAX_LIFETIME_DAYS: i64 = 366;
/// The lifetime of a token whose request gives no `expires_at`.
const DEFAULT_LIFETIME_DAYS: i64 = 90;

impl ApiTokenRequest {
    /// `max_days` is the longest lifetime allowed on this platform.
    ///
    /// # Errors
    /// All invalid fields at once.
    pub fn parse(mut fields: Fields, max_days: i64, now: Timestamp) -> Result<Self, Problem> {
        let request = NewToken::read(&mut fields);
        let name = request.name.map(|name| name.trim().to_owned());
        if name.as_ref().is_some_and(|name| {
            !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control)
        }) {
            fields.add_error("name", "must have 1 to 60 characters");
        }
        let scopes =
            request.scopes.map(|all| Scopes::for_api_token(all.into_iter().map(Scope::from)));
        if scopes.as_ref().is_some_and(Scopes::is_empty) && !fields.has_error("scopes") {
            let detail =
                "must contain at least one of read, build, deploy, projects, metrics and reconcile";
            fields.add_error("scopes", detail);
        }
        let in_days = |days: i64| now.as_second() + days * 86_400;
        match request.expires_at {
            Some(at) if at <= now => fields.add_error("expires_at", "must be in the future"),
            Some(at) if at.as_second() > in_days(max_days) => {
                fields.add_error("expires_at", format!("must be within {max_days} days"));
            }
            _ => {}
        }
        let default = Timestamp::from_second(in_days(DEFAULT_LIFETIME_DAYS.min(max_days)));
        let expires_at = request.expires_at.unwrap_or(default.unwrap_or(now));
        let token = name.zip(scopes).map(|(name, scopes)| Self { name, scopes, expires_at });
        fields.finish(token)
    }
}

/// The stored record of an API token, under its hash. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    pub identity: Identity,
    pub number: u32,
    pub name: String,
    pub scopes: Scopes,
    pub expires_at: Timestamp,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// A token's entry in its owner's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    pub number: u32,
    pub hash: TokenHash,
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// The UTC day of the last use before the token was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// A copy of a token's record for one day. It is written at the token's first use on that day; later uses
/// read it instead of the record. So the day of the last use is known, and each use costs one read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyTokenRecord {
    pub day: String,
    pub token: TokenRecord,
}

/// The UTC day of a time: `2027-01-31`.
pub fn utc_day(now: Timestamp) -> String {
    now.to_string().chars().take(10).collect()
}
