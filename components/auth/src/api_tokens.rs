//! A person's API tokens in the store.
//!
//! Revoking marks the token's row, deletes its record, and then deletes the day's copy of the record. After a
//! crash in between, the token is either revoked or can be revoked again.

use futures::future::try_join_all;
use nokube_domain::{Person, token::TokenRow};
use nokube_edge::{
    Result, now,
    store::{Counter, Store, keys},
};

/// The rows of all tokens that a person ever created, oldest first.
pub async fn rows(store: &Store, person: &Person) -> Result<Vec<TokenRow>> {
    let count = store.count(&Counter::tokens(person)).await?;
    let rows = (1..=count).map(|number| store.get(keys::token_row(person, number)));
    Ok(try_join_all(rows).await?.into_iter().flatten().collect())
}

/// Whether a token can be used.
pub fn is_valid(row: &TokenRow) -> bool {
    row.revoked_at.is_none() && row.expires_at > now()
}

/// Revokes a token. It is safe to repeat.
pub async fn revoke(store: &Store, person: &Person, mut row: TokenRow) -> Result<()> {
    let last_used = store.get(keys::daily_token(&row.hash)).await?.map(|daily| daily.day);
    row.last_used = last_used.or(row.last_used);
    row.revoked_at.get_or_insert(nokube_domain::whole_seconds(now()));
    // The row is written first: a concurrent request that creates this token reads it after it has written
    // the record.
    store.set(keys::token_row(person, row.number), &row).await?;
    store.delete(keys::token(&row.hash)).await?;
    store.delete(keys::daily_token(&row.hash)).await
}

/// Revokes every token of a person.
pub async fn revoke_all(store: &Store, person: &Person) -> Result<()> {
    for row in rows(store, person).await? {
        revoke(store, person, row).await?;
    }
    Ok(())
}
