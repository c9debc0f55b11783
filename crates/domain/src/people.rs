//! Names of people on this platform: unique, and theirs for good.
//!
//! A login at GitHub can change hands, and two issuers can know the same login. What is named after
//! somebody (images, namespaces, hosts) is named after their *username* here: the login that they
//! first came with, or, where somebody else came with it first, that login with a part of a hash.

use crate::{Person, Timestamp, name::Username};
use serde::{Deserialize, Serialize};

/// A person, as they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    pub person: Person,
    pub username: Username,
    pub created_at: Timestamp,
}

/// What ends a person's sessions. The two are kept apart: one is the person's to write, the other an
/// administrator's, and neither may undo the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Sign-ins before this point are over.
    pub before: Option<Timestamp>,
    /// An administrator has shut them out.
    pub blocked: bool,
}

impl Ends {
    /// Does a sign-in of `began` go on?
    pub fn leave(&self, began: Timestamp) -> bool {
        !self.blocked && self.before.is_none_or(|before| began > before)
    }
}

/// The names that `person` may get, best first: the first that nobody else has is theirs. The login
/// itself only when it `is_name`.
pub fn candidates(login: &Username, person: &Person, is_name: bool) -> Vec<Username> {
    let key = person.key();
    let with_hash = |digits: usize| {
        let hash = key.get(..digits)?;
        let login: String = login.as_str().chars().take(38 - digits).collect();
        format!("{}-{hash}", login.trim_end_matches('-')).parse().ok()
    };
    [Some(login.clone()).filter(|_| is_name), with_hash(6), with_hash(12), with_hash(20)]
        .into_iter()
        .flatten()
        .collect()
}
