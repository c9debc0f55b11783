//! Usernames on the platform: unique and permanent.
//!
//! A GitHub login can change hands, and two issuers can use the same login. Therefore images, namespaces
//! and hosts are named after a person's *username*: that of the login with which they first signed in
//! ([`Username::from_login`]) or, if it is taken by somebody else, the same with a part of a hash.

use crate::{
    Person, Timestamp,
    name::{Login, Username},
};
use serde::{Deserialize, Serialize};

/// The stored record of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    pub person: Person,
    pub username: Username,
    pub created_at: Timestamp,
}

/// What has revoked a person's sessions. The two are stored separately, because the person writes one and
/// an administrator the other, and neither may undo the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRevocation {
    /// Sessions that started at this time or earlier are revoked.
    pub sessions_before: Option<Timestamp>,
    /// An administrator has blocked the person.
    pub blocked: bool,
}

impl AccessRevocation {
    /// Whether a session that started at `signed_in_at` is still valid.
    pub fn allows_session(&self, signed_in_at: Timestamp) -> bool {
        !self.blocked
            && self.sessions_before.is_none_or(|revoked_until| signed_in_at > revoked_until)
    }
}

/// The usernames that `person` may get, in order of preference: they get the first one that is free. The
/// first is that of the bare login.
pub fn username_candidates(login: &Login, person: &Person) -> impl Iterator<Item = Username> {
    let key = person.key();
    let bare = Username::from_login(login);
    let with_hash = |digits: usize| {
        let hash = key.get(..digits)?;
        let login: String = bare.as_str().chars().take(38 - digits).collect();
        format!("{}-{hash}", login.trim_end_matches('-')).parse().ok()
    };
    let hashed = [with_hash(6), with_hash(12), with_hash(20)];
    [Some(bare)].into_iter().chain(hashed).flatten()
}
