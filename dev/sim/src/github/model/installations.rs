//! Installations of the GitHub App and their access tokens.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::ids;
use crate::hash;

/// The permissions of every installation.
pub const PERMISSIONS: [(&str, &str); 5] = [
    ("actions", "write"),
    ("contents", "read"),
    ("members", "read"),
    ("metadata", "read"),
    ("packages", "read"),
];

/// What an installation access token gives access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstallationToken {
    pub installation: u64,
    pub account: String,
    /// Names without the owner, in lower case. None: all repositories of the account.
    pub repositories: Option<Vec<String>>,
    pub permissions: BTreeMap<String, String>,
    pub expires_at: Timestamp,
}

#[derive(Debug)]
pub struct Installations {
    /// Random; makes tokens unpredictable.
    seed: [u8; 32],
    /// How many tokens were issued.
    issued: u64,
    tokens: BTreeMap<String, InstallationToken>,
    /// By installation id.
    accounts: BTreeMap<u64, String>,
}

impl Installations {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed, issued: 0, tokens: BTreeMap::new(), accounts: BTreeMap::new() }
    }

    /// The id of the account's installation. It does not change with a restart, because the product
    /// may have cached it.
    pub fn id_for_account(&mut self, account: &str) -> u64 {
        let id = ids::id_from_name(40_000_000, account);
        self.accounts.insert(id, account.to_owned());
        id
    }

    /// The account of an installation that [`Installations::id_for_account`] returned before.
    #[must_use]
    pub fn account(&self, installation: u64) -> Option<&str> {
        self.accounts.get(&installation).map(String::as_str)
    }

    /// Issues a token that is valid for one hour.
    pub fn issue_token(
        &mut self,
        installation: u64,
        account: &str,
        repositories: Option<Vec<String>>,
        permissions: BTreeMap<String, String>,
        now: Timestamp,
    ) -> (String, InstallationToken) {
        self.issued += 1;
        let random = |part: &str| hash::sha256([&self.seed, part.as_bytes()].concat());
        // As long as GitHub's newer tokens, so that the product does not rely on 40 characters.
        let number = self.issued;
        let token = format!(
            "ghs_{installation}_{}.{}",
            random(&format!("a{number}")),
            random(&format!("b{number}"))
        );
        let access = InstallationToken {
            installation,
            account: account.to_owned(),
            repositories,
            permissions,
            expires_at: now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now),
        };
        self.tokens.insert(token.clone(), access.clone());
        (token, access)
    }

    /// None if the token is unknown or expired.
    #[must_use]
    pub fn find_token(&self, token: &str, now: Timestamp) -> Option<&InstallationToken> {
        self.tokens.get(token).filter(|token| token.expires_at > now)
    }

    /// Revokes every token, as GitHub does when an installation is suspended.
    pub fn revoke_all_tokens(&mut self) {
        self.tokens.clear();
    }
}
