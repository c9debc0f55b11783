//! Credentials that are kept as a hash: API tokens for machines, and what renews a session.

use crate::{
    Timestamp,
    fields::Fields,
    problem::Problem,
    scope::{Scope, Scopes},
    session::Identity,
};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A random text that proves something; whoever has it may use it. It is never kept itself.
pub struct Secret {
    prefix: &'static str,
    text: String,
}

/// What API tokens begin with, so that scanners for leaked secrets know them.
pub const API: &str = "nkt_";
/// What the text that renews a session begins with.
pub const RENEWAL: &str = "nkr_";

/// Random bytes in one.
pub const BYTES: usize = 32;

impl Secret {
    /// `random` must come from a secure source.
    pub fn new(prefix: &'static str, random: &[u8; BYTES]) -> Self {
        let text = format!("{prefix}{}", BASE32_NOPAD.encode(random).to_ascii_lowercase());
        Self { prefix, text }
    }

    /// Reads one that a client sent.
    pub fn parse(prefix: &'static str, text: &str) -> Option<Self> {
        let random = text.strip_prefix(prefix)?;
        let fine = random.len() == 52
            && random.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
        fine.then(|| Self { prefix, text: text.to_owned() })
    }

    /// To be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What is kept of it: 256 random bits cannot be guessed from their hash.
    pub fn hash(&self) -> Hash {
        Hash(HEXLOWER.encode(&Sha256::digest(&self.text)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.prefix)
    }
}

/// A secret's SHA-256, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is asked for when a token is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    pub name: String,
    pub scopes: Scopes,
    pub expires_at: Timestamp,
}

/// Days that a token may live, and does when nothing is said.
pub const LONGEST: i64 = 366;
const USUAL: i64 = 90;

impl NewToken {
    /// `longest` is the days that it may live.
    ///
    /// # Errors
    /// Every faulty field at once.
    pub fn parse(mut fields: Fields, longest: i64, now: Timestamp) -> Result<Self, Problem> {
        let name = fields.text("name");
        let name = fields.required("name", name).map(|name| name.trim().to_owned());
        if name.as_ref().is_some_and(|name| {
            !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control)
        }) {
            fields.fault("name", "must have 1 to 60 characters");
        }
        let asked = fields.list("scopes");
        let asked = fields.required("scopes", asked).unwrap_or_default();
        let mut scopes = Vec::new();
        for scope in asked {
            match Scope::from_str(&scope) {
                Ok(scope) => scopes.push(scope),
                Err(bad) => fields.fault("scopes", bad.to_string()),
            }
        }
        let scopes = Scopes::of_token(scopes);
        let text = fields.text("expires_at");
        let expires_at = fields.parsed("expires_at", text, |text| {
            let days = |days: i64| now.as_second() + days * 86_400;
            match text.parse::<Timestamp>() {
                Ok(at) if at <= now => Err("must be in the future".to_owned()),
                Ok(at) if at.as_second() > days(longest) => {
                    Err(format!("must be within {longest} days"))
                }
                Ok(at) => Ok(at),
                Err(_) => Err("must be a time such as 2027-01-31T00:00:00Z".to_owned()),
            }
        });
        let usual = now.as_second() + USUAL.min(longest) * 86_400;
        let usual = Timestamp::from_second(usual).unwrap_or(now);
        fields.finish()?;
        let name = name.ok_or_else(|| Problem::field("name", "is required"))?;
        if scopes.is_empty() {
            return Err(Problem::field(
                "scopes",
                "must hold one of read, build, deploy and metrics",
            ));
        }
        Ok(Self { name, scopes, expires_at: expires_at.unwrap_or(usual) })
    }
}

/// A token, as it is kept under its hash: read at each use, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    pub identity: Identity,
    pub number: u32,
    pub name: String,
    pub scopes: Scopes,
    pub expires_at: Timestamp,
}

/// A token's row in its owner's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    pub number: u32,
    pub hash: Hash,
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// The day of the last use before it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// A token's pass for one day: written at its first use of the day, read at every other one instead
/// of the record. So the day of the last use is known, and a use costs one read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPass {
    pub day: String,
    pub token: TokenRecord,
}

/// The day of a moment, in UTC: `2027-01-31`.
pub fn day(now: Timestamp) -> String {
    now.to_string().chars().take(10).collect()
}
