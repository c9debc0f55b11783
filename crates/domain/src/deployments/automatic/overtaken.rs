//! Revisions of the same moment: a person's is never lost under an automatic one.
//!
//! A revision gets its number before it is stored, and the largest number counts. So an automatic revision may get a
//! larger number than a person's that it does not know. Both sides look after they have stored theirs, so at least one
//! of them sees the other, and stores the person's again under a new number.

use crate::deployments::{Cause, Revision};
use std::ops::Range;

/// The most numbers below a revision that are looked at: a request stores its revision right after it has taken its
/// number.
const MAX_NUMBERS: u32 = 8;

impl Revision {
    /// The number of the newest revision by a person that this one takes into account. One that was stored again has its
    /// first number here.
    pub fn newest_of_person(&self) -> u32 {
        match &self.automatic {
            Some(automatic) => automatic.newest_of_person,
            None => self.repeats.unwrap_or(self.number),
        }
    }

    /// Whether it stays whatever its build is. `last_outcome` is the number of the newest revision with an outcome; 0 if
    /// there is none. Otherwise it is an automatic one that was stored, and not applied yet: it is checked once more.
    pub fn is_decided(&self, last_outcome: u32) -> bool {
        let is_new = self.automatic.is_some() && self.repeats.is_none();
        !is_new || self.cause != Cause::Deploy || last_outcome >= self.number
    }

    /// Whether it got its number without being asked for at that moment.
    pub fn may_overtake(&self) -> bool {
        self.automatic.is_some() || self.repeats.is_some()
    }

    /// Whether this one has a larger number than a person's revision that it does not know.
    pub fn overtakes(&self, persons: &Self) -> bool {
        self.may_overtake()
            && persons.automatic.is_none()
            && self.newest_of_person() < persons.newest_of_person()
            && persons.number < self.number
    }
}

/// The numbers that may have a person's revision which the newest one overtakes. Mostly none.
pub fn numbers_to_check(newest: &Revision) -> Range<u32> {
    let first = newest.newest_of_person().saturating_add(1);
    let end = newest.number.max(first);
    first.max(newest.number.saturating_sub(MAX_NUMBERS))..end
}

/// The newest of a person's revisions that the newest one overtakes. `below` are those with [`numbers_to_check`].
pub fn overtaken<'a>(
    newest: &Revision,
    below: impl IntoIterator<Item = &'a Revision>,
) -> Option<&'a Revision> {
    let below = below.into_iter().filter(|revision| newest.overtakes(revision));
    below.max_by_key(|revision| revision.newest_of_person())
}
