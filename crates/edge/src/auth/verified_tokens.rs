//! The session cookies and bearer tokens that this instance has verified: a page or a script that polls sends the same
//! one each time. API tokens are not among them, because they can be revoked.
//!
//! A token is found by its exact text while it is valid. The other checks of each use (the blocklist, roles, scopes) do
//! not depend on this. Settings do not change within an instance.

use nokube_domain::{
    access::{Caller, Credential},
    session::Purpose,
};
use std::{cell::RefCell, collections::HashMap, ops::Range};

/// An instance serves few callers at a time. When this number is reached, all tokens are removed.
const MAX_TOKENS: usize = 64;

struct Verified {
    purpose: Purpose,
    /// From the verification until the expiry, in seconds since 1970.
    valid: Range<i64>,
    caller: Caller,
    credential: Credential,
}

thread_local! {
    static TOKENS: RefCell<HashMap<String, Verified>> = RefCell::default();
}

/// Whom a token identifies, if it was verified for this purpose and is still valid.
pub fn find(purpose: Purpose, token: &str, now: i64) -> Option<(Caller, Credential)> {
    TOKENS.with_borrow(|tokens| {
        let verified = tokens.get(token)?;
        let is_valid = verified.purpose == purpose && verified.valid.contains(&now);
        is_valid.then(|| (verified.caller.clone(), verified.credential.clone()))
    })
}

/// Remembers a token that was verified at the time `valid.start` and expires at `valid.end`.
pub fn remember(
    purpose: Purpose,
    token: &str,
    valid: Range<i64>,
    (caller, credential): &(Caller, Credential),
) {
    TOKENS.with_borrow_mut(|tokens| {
        if tokens.len() >= MAX_TOKENS {
            tokens.clear();
        }
        let (caller, credential) = (caller.clone(), credential.clone());
        tokens.insert(token.to_owned(), Verified { purpose, valid, caller, credential });
    });
}
