//! Which reads an instance of a component admits from memory, so that most reads cost no round trip to the store.
//!
//! What a person reads is counted in a window that all instances share, in chunks: an instance adds a whole chunk to the
//! counter and then admits as many reads by itself. Before the first chunk of a minute, it admits a person's reads on
//! credit, if the window is not full. The credit is a random number below the chunk's size. So where each instance
//! serves a single read, as on a host that does not reuse them, a chunk is taken once for as many reads as it has.
//! On average the unused rest of the chunks is as large as the credits.
//!
//! With a limit of [`EXACT_LIMIT`] or less a chunk is a single read: there is no credit, and the limit holds exactly.

use std::collections::HashMap;

/// The largest limit whose chunks are single reads. A larger limit has this number of chunks.
pub const EXACT_LIMIT: u32 = 200;

/// The people whom an instance remembers. It serves fewer in its life, with Spin's defaults.
const MAX_PEOPLE: usize = 256;

/// The size of a chunk of a limit.
pub const fn chunk_size(limit: u32) -> u32 {
    let size = limit / EXACT_LIMIT;
    if size == 0 { 1 } else { size }
}

/// The reads that an instance may still admit in a window, by person.
#[derive(Debug, Default)]
pub struct ReadAllowances {
    window_start: i64,
    left: HashMap<String, u32>,
}

/// Whether a read was admitted from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    TooLittleLeft,
    /// It is the person's first read of the window in this instance.
    FirstRead,
}

impl ReadAllowances {
    /// Admits a read in the window that begins at `start`, if as much is left as it costs.
    pub fn admit(&mut self, person: &str, start: i64, cost: u32) -> Admission {
        if self.window_start < start {
            self.left.clear();
            self.window_start = start;
        }
        let left = self.left.get_mut(person).filter(|_| self.window_start == start);
        let Some(left) = left else { return Admission::FirstRead };
        let Some(rest) = left.checked_sub(cost) else { return Admission::TooLittleLeft };
        *left = rest;
        Admission::Admitted
    }

    /// Remembers a person with a credit. `random` is a random number, and `max` the limit. Of too many people the last
    /// ones are not remembered: each of their reads is counted.
    pub fn give_credit(&mut self, person: &str, max: u32, random: u64) {
        if self.left.len() < MAX_PEOPLE {
            let credit = random % u64::from(chunk_size(max));
            self.left.entry(person.to_owned()).or_insert(u32::try_from(credit).unwrap_or(0));
        }
    }

    /// How much to count at once for a read that is not admitted from memory.
    pub fn chunk(&self, person: &str, cost: u32, max: u32) -> u32 {
        if self.left.contains_key(person) { chunk_size(max).max(cost) } else { cost }
    }

    /// Adds what was counted in the window that begins at `start`, and admits the read if that is enough.
    pub fn add_and_admit(&mut self, person: &str, start: i64, counted: u32, cost: u32) -> bool {
        match self.left.get_mut(person).filter(|_| self.window_start == start) {
            Some(left) => *left = left.saturating_add(counted),
            None => return counted >= cost,
        }
        self.admit(person, start, cost) == Admission::Admitted
    }

    /// The window is full: what is left of the credit is not valid any more.
    pub fn revoke_credit(&mut self, person: &str) {
        if let Some(left) = self.left.get_mut(person) {
            *left = 0;
        }
    }
}
