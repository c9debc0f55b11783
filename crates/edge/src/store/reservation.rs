//! Reservations: of several callers who want to create the same thing, one does.
//!
//! See [`nokube_domain::reservation`] for why a reservation cannot stay pending forever.

use super::{
    Store,
    keys::{self, Counter},
};
use crate::{error::Result, host::now};
use data_encoding::HEXLOWER;
use nokube_domain::{
    Problem, Timestamp,
    reservation::{Contended, is_lease_valid, resolve_contention},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// The result of an attempt to acquire a reservation.
pub enum Reservation<T> {
    /// The caller holds it, creates what was reserved, and then calls [`Lease::complete`].
    Acquired(Lease),
    /// An earlier holder has completed it, with this result.
    Existing(T),
    /// Another caller holds it and has not completed it; try again later.
    Pending,
}

/// The right to create what was reserved.
pub struct Lease {
    name: String,
    since: Timestamp,
}

impl Lease {
    /// Stores what was created, for everybody who reserves later.
    ///
    /// # Errors
    /// The store failed.
    pub async fn complete<T: Serialize>(&self, store: &Store, result: &T) -> Result<()> {
        store.set(keys::reservation_result(&self.name), result).await
    }

    /// Whether the holder may still act. Later somebody else may have acquired the reservation.
    pub fn is_valid(&self) -> bool {
        is_lease_valid(self.since, now())
    }
}

/// The name of a reservation for `text`, which may be long or hold any characters: its SHA-256 hash in
/// hexadecimal. `text` begins with the kind of what is reserved, so that kinds do not clash.
pub fn hashed_name(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

/// The result of a reservation, if it was completed: one read.
///
/// # Errors
/// The store failed.
pub async fn existing<T: DeserializeOwned>(store: &Store, name: &str) -> Result<Option<T>> {
    store.get(keys::reservation_result(name)).await
}

/// Replaces the result of a completed reservation.
///
/// # Errors
/// The store failed.
pub async fn replace_result<T: Serialize>(store: &Store, name: &str, result: &T) -> Result<()> {
    store.set(keys::reservation_result(name), result).await
}

/// Reserves `name` for `owner` unless somebody else has it; returns whether `owner` has it. One read once
/// it was completed. If a request dies before it completes the reservation, a later one does.
///
/// # Errors
/// The store failed, or another request is reserving this name right now.
pub async fn reserve_for<T>(store: &Store, name: &str, owner: &T) -> Result<bool>
where
    T: PartialEq + Serialize + DeserializeOwned,
{
    if let Some(existing) = existing::<T>(store, name).await? {
        return Ok(existing == *owner);
    }
    match reserve::<T>(store, name).await? {
        Reservation::Acquired(lease) if lease.is_valid() => {
            lease.complete(store, owner).await?;
            Ok(true)
        }
        Reservation::Existing(existing) => Ok(existing == *owner),
        Reservation::Acquired(_) | Reservation::Pending => {
            let detail = "Your account is being set up. Try again.";
            Err(Problem::in_progress(detail).into())
        }
    }
}

/// Tries to reserve `name`.
///
/// # Errors
/// The store failed.
pub async fn reserve<T: DeserializeOwned>(store: &Store, name: &str) -> Result<Reservation<T>> {
    for generation in 0.. {
        let since = now();
        if store.increment(&Counter::reservation(name, generation)).await? == 1 {
            return Ok(Reservation::Acquired(Lease { name: name.to_owned(), since }));
        }
        if let Some(result) = existing(store, name).await? {
            return Ok(Reservation::Existing(result));
        }
        let contended_at = store.get(keys::reservation_contended_at(name, generation)).await?;
        match resolve_contention(contended_at, now()) {
            Contended::RecordAndWait => {
                store.set(keys::reservation_contended_at(name, generation), &now()).await?;
                return Ok(Reservation::Pending);
            }
            Contended::Wait => return Ok(Reservation::Pending),
            Contended::NextGeneration => {}
        }
    }
    Ok(Reservation::Pending)
}
