//! What one reader has read from another system, stored for those who read it soon after: request coalescing, with
//! stale-while-revalidate.
//!
//! Of many who find at once that it is too old, one reads it again: each counts in the entry's turn, and the first one
//! reads. An entry that is stored begins the next turn. The counters are those of [`crate::window`].

use crate::{Timestamp, window::Window};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// For so many milliseconds more, what is too old serves those whose turn it is not.
const STALE_MILLISECONDS: i64 = 2_000;

/// A cached value, and who reads it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheEntry {
    turn: Window,
    /// `null` if nobody has read it yet.
    value: Value,
}

impl CacheEntry {
    /// # Errors
    /// The value has no form in JSON.
    pub fn new<T: Serialize>(turn: Window, value: &T) -> serde_json::Result<Self> {
        Ok(Self { turn, value: serde_json::to_value(value)? })
    }

    /// Whose turn it is to read what is cached. Without an entry it is the first turn.
    pub fn turn(entry: Option<&Self>) -> Window {
        entry.map_or_else(Window::first, |entry| entry.turn)
    }

    /// The cached value. `None` also if another release has stored it in a form that this one cannot read: it is read
    /// again.
    pub fn value<T: DeserializeOwned>(entry: Option<&Self>) -> Option<T> {
        T::deserialize(&entry?.value).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.value.is_null()
    }

    /// The same value, after the reader whose turn it was has not stored another in time.
    pub fn in_turn(entry: Option<Self>, turn: Window) -> Self {
        Self { turn, value: entry.map(|entry| entry.value).unwrap_or_default() }
    }
}

/// Whom a cached value serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    Fresh,
    /// Those whose turn it is not to read it again.
    Stale,
    Expired,
}

impl Freshness {
    /// Of what was read at `at`, and is fresh for so many seconds. The clocks of two hosts may differ, so a time in the
    /// future counts as an age too.
    pub fn of(at: Timestamp, now: Timestamp, seconds: i64) -> Self {
        let age = now.as_millisecond().saturating_sub(at.as_millisecond()).saturating_abs();
        let fresh = seconds.saturating_mul(1_000);
        match age {
            age if age < fresh => Self::Fresh,
            age if age < fresh.saturating_add(STALE_MILLISECONDS) => Self::Stale,
            _ => Self::Expired,
        }
    }
}
