//! Places: a limit of N is N numbered places, each of which names what holds it.
//!
//! A place is free when what holds it has ended, so nobody has to free it, and a crash takes no place for good. It is
//! taken in a new generation, which one caller can reserve. So the limit holds, however many ask at once.

use crate::{Timestamp, reservation::STALE_AFTER};
use serde::{Deserialize, Serialize};

/// What holds a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place<H> {
    /// How often the place was taken.
    pub generation: u32,
    pub holder: H,
    /// When it was taken.
    pub at: Timestamp,
    /// Whether the holder was created, or is not going to be.
    #[serde(default)]
    pub settled: bool,
}

/// Whether the holder of a place exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Present,
    /// It has ended.
    Ended,
    /// It was not created yet, or it was deleted.
    Absent,
}

impl<H> Place<H> {
    /// Whether the place can be taken. One who has taken it has some time to create the holder.
    pub fn is_free(&self, presence: Presence, now: Timestamp) -> bool {
        let age = now.as_second().saturating_sub(self.at.as_second());
        match presence {
            Presence::Present => false,
            Presence::Ended => true,
            Presence::Absent => self.settled || age >= STALE_AFTER,
        }
    }
}
