//! Installations of the GitHub App and their access tokens.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationToken {
    pub installation: u64,
    pub account: String,
    /// Names without the owner, in lower case. None: all repositories of the account.
    pub repositories: Option<Vec<String>>,
    pub permissions: BTreeMap<String, String>,
    pub expires_at: Timestamp,
}

#[derive(Debug, Default)]
pub struct Installations {
    tokens: BTreeMap<String, InstallationToken>,
    /// By installation id.
    accounts: BTreeMap<u64, String>,
}

impl Installations {
    /// The id of the account's installation. It does not change with a restart, because the product
    /// may have cached it.
    pub fn id_for_account(&mut self, account: &str) -> u64 {
        let id = hash::id_from_name(40_000_000, account);
        self.accounts.insert(id, account.to_owned());
        id
    }

    /// The account of an installation that [`Installations::id_for_account`] returned before.
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
        // As long as GitHub's newer tokens, so that the product does not rely on 40 characters.
        let token = format!("ghs_{installation}_{}.{}", hash::random(), hash::random());
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
    pub fn find_token(&self, token: &str, now: Timestamp) -> Option<&InstallationToken> {
        self.tokens.get(token).filter(|token| token.expires_at > now)
    }

    /// Tokens are for the repository, whatever it is called.
    pub fn rename_repository(&mut self, account: &str, old: &str, new: &str) {
        let of_account =
            |token: &&mut InstallationToken| token.account.eq_ignore_ascii_case(account);
        for token in self.tokens.values_mut().filter(of_account) {
            for name in token.repositories.iter_mut().flatten() {
                if name.eq_ignore_ascii_case(old) {
                    *name = new.to_ascii_lowercase();
                }
            }
        }
    }

    /// Revokes every token, as GitHub does when an installation is suspended.
    pub fn revoke_all_tokens(&mut self) {
        self.tokens.clear();
    }
}
