//! Counts what happens in a window of time, with counters that are used again.
//!
//! The store can only add to a counter, so a window remembers what its counter had counted before. Four counters take
//! turns. Whoever comes first in a window reads the counter that is used two windows later, which nobody uses now.
//! All who come first at once read and write the same, so it does not matter who of them writes last.
//!
//! A mistake can only be that too much is counted, never too little, unless a request stops for longer than a whole
//! window between two calls of the store.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// The number of counters that take turns.
const SLOTS: u32 = 4;

/// By how many seconds the clocks of two hosts may differ. Within it, the later window counts for both.
const CLOCK_SKEW: i64 = 60;

/// Seconds after which another caller may do what one of many was to do. The first one's request was interrupted.
const TURN_SECONDS: i64 = 60;

/// The window that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Which window it is, in seconds since 1970.
    start: i64,
    /// The counter of this window.
    slot: u32,
    /// What the counters of this window and of the two after it had counted before.
    before: [i64; 3],
    /// Whether a request was rejected already: then no other needs to be counted.
    #[serde(default)]
    full: bool,
}

impl Window {
    /// The stored window, if it is the one that begins at `start`. To a clock that is a bit behind it has begun too.
    pub fn current(stored: Option<Self>, start: i64) -> Option<Self> {
        stored.filter(|window| (0..=CLOCK_SKEW).contains(&window.start.saturating_sub(start)))
    }

    /// The counter to read before another window begins.
    pub fn slot_to_read(stored: Option<Self>) -> u32 {
        slot_after(stored, 2)
    }

    /// The window that begins at `start`, after the one that is stored. `count` is that of [`Self::slot_to_read`].
    pub fn begin(stored: Option<Self>, start: i64, count: i64) -> Self {
        let [_, first, second] = stored.map_or([0; 3], |window| window.before);
        Self { start, slot: slot_after(stored, 0), before: [first, second, count], full: false }
    }

    /// The first of windows that follow each other by number, not by time.
    pub fn first() -> Self {
        Self { start: 0, slot: 0, before: [0; 3], full: false }
    }

    /// The window after this one, by number. `count` is that of [`Self::slot_to_read`].
    #[must_use]
    pub fn successor(self, count: i64) -> Self {
        Self::begin(Some(self), self.start.saturating_add(1), count)
    }

    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// The position in this window, from 1 on, of the request that incremented its counter to `value`.
    pub fn position(&self, value: i64) -> i64 {
        let [before, ..] = self.before;
        value.saturating_sub(before)
    }

    /// How many of the `by` that incremented its counter to `value` are among the first `max`.
    pub fn admitted(&self, value: i64, by: u32, max: u32) -> u32 {
        let counted_earlier = self.position(value).saturating_sub(i64::from(by));
        let free = i64::from(max).saturating_sub(counted_earlier);
        u32::try_from(free.clamp(0, i64::from(by))).unwrap_or(0)
    }

    pub fn is_full(&self) -> bool {
        self.full
    }

    #[must_use]
    pub fn into_full(self) -> Self {
        Self { full: true, ..self }
    }
}

/// The slot of the window `distance` after the one that follows the stored one.
fn slot_after(stored: Option<Window>, distance: u32) -> u32 {
    let next = stored.map_or(0, |window| window.slot.wrapping_add(1));
    next.wrapping_add(distance) % SLOTS
}

/// The start of the window in which callers compete to do what was last done at `last`: one of them does it. If nobody
/// has done it after a minute, the next window begins. No window begins after a later `last`.
pub fn turn_start(last: Option<Timestamp>, now: Timestamp) -> i64 {
    let (last, now) = (last.map_or(0, Timestamp::as_second), now.as_second());
    match now.saturating_sub(last).div_euclid(TURN_SECONDS) {
        ..=0 => last,
        minutes => last.saturating_add(minutes.saturating_mul(TURN_SECONDS) - 1),
    }
}
