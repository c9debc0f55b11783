//! Claims: of several callers who want the same thing, one gets it, and none is stuck for ever.
//!
//! Key-value storage has no transactions, but an increment is atomic: whoever makes the counter 1
//! holds the claim and writes a *pointer* to what it made. A holder that died leaves a counter
//! without a pointer; the first who meets that writes when, and a while later the claim is open
//! again, in a new generation.

use crate::Timestamp;

/// A claim without a pointer opens again this many seconds after somebody first met it.
pub const OPENS_AFTER: i64 = 60;
/// A holder older than this many seconds must not act on its claim any more.
pub const HOLDS_FOR: i64 = 30;

/// What someone who did not get the claim does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Write down that the claim was met without a pointer, and come back later.
    NoteAndWait,
    /// Come back later.
    Wait,
    /// Try the next generation.
    NextGeneration,
}

/// Decides for a caller who lost a claim that has no pointer; `met` is when that was first seen.
pub fn lost(met: Option<Timestamp>, now: Timestamp) -> Lost {
    match met {
        None => Lost::NoteAndWait,
        Some(met) if now.as_second() - met.as_second() < OPENS_AFTER => Lost::Wait,
        Some(_) => Lost::NextGeneration,
    }
}

/// May the holder of a claim made at `claimed` still act?
pub fn still_holds(claimed: Timestamp, now: Timestamp) -> bool {
    now.as_second() - claimed.as_second() < HOLDS_FOR
}
