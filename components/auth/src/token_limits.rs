//! How many API tokens a person may have.

use crate::api_tokens::{is_valid, rows};
use nokube_domain::{Person, Problem, Reason, Timestamp, places::Presence};
use nokube_edge::{
    Error, Result,
    places::{Holder, Places},
    store::{Counter, Limit, Store, keys},
};
use serde::{Deserialize, Serialize};

/// Maximum number of valid tokens of a person.
const MAX_TOKENS: u32 = 50;

/// Maximum number of tokens that a person can create over time, revoked and expired ones included.
const MAX_TOKENS_EVER: u32 = 2_000;

/// The token that holds a place.
#[derive(Clone, Serialize, Deserialize)]
struct OwnedToken {
    person: Person,
    number: u32,
}

impl Holder for OwnedToken {
    /// One read.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        Ok(match store.get(keys::token_row(&self.person, self.number)).await? {
            Some(row) if is_valid(&row) => Presence::Present,
            Some(_) => Presence::Ended,
            None => Presence::Absent,
        })
    }
}

/// The number of a new token, and a place for it.
///
/// # Errors
/// 409 if the person has, or had, as many as allowed. It counts what others do at the same time.
pub async fn take_number(store: &Store, person: &Person) -> Result<u32> {
    let places = Places::new(store, Limit::Tokens(person.clone()), MAX_TOKENS);
    let is_used_up = store.count(&Counter::tokens(person)).await? >= MAX_TOKENS_EVER;
    if is_used_up || !places.has_free(valid_tokens(store, person)).await? {
        return Err(too_many());
    }
    let number = store.increment(&Counter::tokens(person)).await?;
    if number > MAX_TOKENS_EVER {
        return Err(too_many());
    }
    let token = OwnedToken { person: person.clone(), number };
    match places.take(&token, valid_tokens(store, person)).await? {
        Some(_) => Ok(number),
        None => Err(too_many()),
    }
}

/// The person's tokens from before places were counted.
async fn valid_tokens(store: &Store, person: &Person) -> Result<Vec<OwnedToken>> {
    let rows = rows(store, person).await?.into_iter().filter(is_valid);
    Ok(rows.map(|row| OwnedToken { person: person.clone(), number: row.number }).collect())
}

fn too_many() -> Error {
    let detail = format!("You have {MAX_TOKENS} tokens. Revoke one that is not used any more.");
    Problem::conflict(Reason::TooManyTokens, detail).into()
}
