//! Installations of the App and the tokens handed out for them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::ids;

/// What the App was granted at its installation.
pub const PERMISSIONS: [(&str, &str); 5] = [
    ("actions", "write"),
    ("contents", "read"),
    ("members", "read"),
    ("metadata", "read"),
    ("packages", "read"),
];

/// What an installation token is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    pub installation: u64,
    pub account: String,
    /// Names without their owner, lower case; None = all of the account's.
    pub repositories: Option<Vec<String>>,
    pub permissions: BTreeMap<String, String>,
    pub expires_at: Timestamp,
}

#[derive(Debug)]
pub struct Grants {
    seed: [u8; 32],
    issued: u64,
    tokens: BTreeMap<String, Grant>,
    accounts: BTreeMap<u64, String>,
}

impl Grants {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed, issued: 0, tokens: BTreeMap::new(), accounts: BTreeMap::new() }
    }

    /// The number of an account's installation. It is the same after a restart, when an earlier
    /// answer may still be remembered.
    pub fn installation(&mut self, account: &str) -> u64 {
        let id = ids::number(40_000_000, account);
        self.accounts.insert(id, account.to_owned());
        id
    }

    #[must_use]
    pub fn account(&self, installation: u64) -> Option<&str> {
        self.accounts.get(&installation).map(String::as_str)
    }

    /// Hands out a token for one hour.
    pub fn issue(
        &mut self,
        installation: u64,
        account: &str,
        repositories: Option<Vec<String>>,
        permissions: BTreeMap<String, String>,
        now: Timestamp,
    ) -> (String, Grant) {
        self.issued += 1;
        let random = |part: &str| ids::sha256([&self.seed, part.as_bytes()].concat());
        // As long as GitHub's newer ones, so that nobody relies on forty characters.
        let number = self.issued;
        let token = format!(
            "ghs_{installation}_{}.{}",
            random(&format!("a{number}")),
            random(&format!("b{number}"))
        );
        let grant = Grant {
            installation,
            account: account.to_owned(),
            repositories,
            permissions,
            expires_at: now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now),
        };
        self.tokens.insert(token.clone(), grant.clone());
        (token, grant)
    }

    /// What a token is good for, while it lives.
    #[must_use]
    pub fn find(&self, token: &str, now: Timestamp) -> Option<&Grant> {
        self.tokens.get(token).filter(|grant| grant.expires_at > now)
    }

    /// Ends every token, as GitHub does when an installation is suspended.
    pub fn revoke_all(&mut self) {
        self.tokens.clear();
    }
}
