//! Reservations: among several callers that want to create the same thing, exactly one acquires the
//! lease, and nobody waits forever.
//!
//! The key-value store has no transactions, but its increment is atomic. The caller that increments the
//! counter to 1 holds the lease and, when done, stores a *result* that identifies what it created. If the
//! holder crashes, the counter remains without a result. The first caller that finds it so records the time;
//! once that is [`STALE_AFTER`] seconds ago, the reservation can be acquired in a new *generation*.

use crate::Timestamp;

/// Seconds from the first time that a reservation was found without a result until the next generation
/// can be acquired.
pub const STALE_AFTER: i64 = 60;
/// Seconds for which the holder of a lease may act. Less than [`STALE_AFTER`], so that two holders never act
/// at the same time.
pub const LEASE_DURATION: i64 = 30;

/// What to do for a caller that did not acquire the lease and finds no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contended {
    /// Record the time at which the reservation was found without a result, and retry later.
    RecordAndWait,
    /// Retry later.
    Wait,
    /// Try to acquire the next generation.
    NextGeneration,
}

/// Decides what to do about a reservation without a result. `first_seen` is when it was first found so.
pub fn resolve_contention(first_seen: Option<Timestamp>, now: Timestamp) -> Contended {
    match first_seen {
        None => Contended::RecordAndWait,
        Some(first_seen) if now.as_second() - first_seen.as_second() < STALE_AFTER => {
            Contended::Wait
        }
        Some(_) => Contended::NextGeneration,
    }
}

/// Whether the holder of a lease acquired at `acquired_at` may still act.
pub fn is_lease_valid(acquired_at: Timestamp, now: Timestamp) -> bool {
    now.as_second() - acquired_at.as_second() < LEASE_DURATION
}
