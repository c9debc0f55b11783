//! Work that is left after a response: items in a queue, which are removed when they are done.
//!
//! An item gets the next number of its queue and is then stored under it. Nothing lists the items, so a walk looks at
//! one number after the other, from a stored mark on: no number below it has an item, or ever gets one. A number
//! without an item was done, or its request was interrupted, or its item is about to be stored. The last is impossible
//! [`SETTLED_AFTER`] seconds after the number was taken, because an item is stored within [`STORE_WITHIN`] seconds.
//! Numbers are consecutive, so a walk stores how many it has counted and when; a later walk knows from it which
//! numbers are that old.
//!
//! Walks may overlap and may be interrupted. What one of them stores is true at any later time, so it does not matter
//! which of them stores last: at worst, numbers are looked at again.

use crate::{
    BuildId, ProjectId, Timestamp, UnknownFields, name::ServiceName, pushes::RepositoryEvent,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Seconds after it has taken a number in which a request may begin to store its item.
pub const STORE_WITHIN: i64 = 30;
/// Seconds after which a number that was counted gets no item any more. Longer than [`STORE_WITHIN`], because the
/// clocks of hosts differ.
pub const SETTLED_AFTER: i64 = 60;
/// Seconds for which an item is kept that cannot be read or fails each time. Longer than anything takes that succeeds.
const FAILING_ITEM_KEPT: i64 = 7 * 24 * 3600;

/// Seconds after which a repository is looked at again of which no event came.
const LOOK_INTERVAL: i64 = 600;

/// An item of a queue, with what is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem<T> {
    pub added_at: Timestamp,
    pub task: T,
}

/// What the component `builds` has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildTask {
    /// Look at a repository of which a webhook said something.
    Repository(Box<RepositoryEvent>),
    /// Follow a build until it has ended and GitHub has its status.
    Build(BuildId),
    /// Look at the previews of a service: they were switched on or off, or the service has another repository, or
    /// was removed. With a pull request, only its preview: it has ended.
    Previews {
        project: ProjectId,
        service: ServiceName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pull_request: Option<u32>,
    },
}

/// What was done about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Everything: the item is removed.
    Done,
    /// Something is left: a later walk continues.
    Later,
}

impl Progress {
    pub fn done_if(is_done: bool) -> Self {
        if is_done { Self::Done } else { Self::Later }
    }

    /// What was done about two parts of an item.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == Self::Done { other } else { self }
    }
}

/// Whether a request that took a number after `begun_at` may still store its item.
pub fn may_store_item(begun_at: Timestamp, now: Timestamp) -> bool {
    seconds_between(begun_at, now) < STORE_WITHIN
}

/// Whether an item that cannot be read or that fails is removed.
pub fn is_given_up(added_at: Timestamp, now: Timestamp) -> bool {
    seconds_between(added_at, now) >= FAILING_ITEM_KEPT
}

/// A repository of which pushes build services, or have built some. `reconcile` looks at it, because events can be lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedRepository {
    pub repository_id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl LinkedRepository {
    pub fn new(repository_id: u64) -> Self {
        Self { repository_id, looked_at: None, unknown_fields: UnknownFields::default() }
    }

    /// Whether it is to be looked at again.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.looked_at.is_none_or(|at| seconds_between(at, now) >= LOOK_INTERVAL)
    }
}

/// How far a queue is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkProgress {
    /// The lowest number that may have an item.
    next: u32,
    /// How many numbers were taken at `counted_at`.
    counted: u32,
    counted_at: Timestamp,
    /// Where the next walk begins, if the last one did not reach the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resume_at: Option<u32>,
    #[serde(flatten)]
    unknown_fields: UnknownFields,
}

/// What a walk finds at a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// No item, at present.
    Nothing,
    /// An item, which is done and removed.
    Done,
    /// An item that is left in the queue.
    Left,
}

/// The result of a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walked {
    /// Items that were done.
    pub done: u32,
    /// Items that are left. Numbers that the walk did not look at count, although they may have no item.
    pub remaining: u32,
}

/// One walk through a queue.
#[derive(Debug)]
pub struct QueueWalk {
    stored: Option<WorkProgress>,
    progress: WorkProgress,
    begun_at: Timestamp,
    count: u32,
    begins_at: u32,
    /// Whether it begins at the mark.
    is_from_mark: bool,
    /// The number after the last one that was looked at.
    position: u32,
    done: u32,
    left: u32,
}

impl QueueWalk {
    /// `count` is how many numbers were taken; it was read before `now`, and after `stored`.
    pub fn begin(stored: Option<WorkProgress>, count: u32, now: Timestamp) -> Self {
        let new = || WorkProgress {
            next: 1,
            counted: 0,
            counted_at: now,
            resume_at: None,
            unknown_fields: UnknownFields::default(),
        };
        let mut progress = stored.clone().unwrap_or_else(new);
        if progress.counted > count {
            // The counter was lost: its numbers are given again.
            progress = WorkProgress { unknown_fields: progress.unknown_fields, ..new() };
        }
        let resume_at = progress.resume_at.filter(|at| (progress.next..=count).contains(at));
        let begins_at = resume_at.unwrap_or(progress.next);
        Self {
            stored,
            begun_at: now,
            count,
            begins_at,
            is_from_mark: begins_at == progress.next,
            position: begins_at,
            progress,
            done: 0,
            left: 0,
        }
    }

    /// The numbers to look at, in this order. The walk may end before the last one.
    pub fn numbers(&self) -> RangeInclusive<u32> {
        self.begins_at..=self.count
    }

    /// Records what was found at the next number.
    pub fn record(&mut self, found: Found) {
        let number = self.position;
        self.position = number.saturating_add(1);
        match found {
            Found::Nothing => {}
            Found::Done => self.done = self.done.saturating_add(1),
            Found::Left => self.left = self.left.saturating_add(1),
        }
        let is_settled = match found {
            Found::Nothing => number <= self.progress.counted && self.is_count_settled(),
            Found::Done => true,
            Found::Left => false,
        };
        if is_settled && number == self.progress.next {
            self.progress.next = self.position;
        }
    }

    /// What to store, if it is new, and what was done.
    pub fn end(mut self) -> (Option<WorkProgress>, Walked) {
        let has_reached_end = self.position > self.count;
        self.progress.resume_at = (!has_reached_end).then_some(self.position);
        if self.is_count_used() && self.progress.next <= self.count {
            self.progress.counted = self.count;
            self.progress.counted_at = self.begun_at;
        }
        let unseen = self.count.saturating_add(1).saturating_sub(self.position);
        let walked = Walked { done: self.done, remaining: self.left.saturating_add(unseen) };
        let is_new = match &self.stored {
            Some(stored) => *stored != self.progress,
            None => self.count > 0,
        };
        (is_new.then_some(self.progress), walked)
    }

    /// Whether each of the counted numbers has its item, or never gets one.
    fn is_count_settled(&self) -> bool {
        seconds_between(self.progress.counted_at, self.begun_at) >= SETTLED_AFTER
    }

    /// Whether the stored count is of no more use: a walk from the mark on has used it, it is below the mark, or a wrong
    /// clock has put it into the future.
    fn is_count_used(&self) -> bool {
        let is_of_future = seconds_between(self.begun_at, self.progress.counted_at) > SETTLED_AFTER;
        (self.is_from_mark && self.is_count_settled())
            || self.progress.counted < self.progress.next
            || is_of_future
    }
}

fn seconds_between(earlier: Timestamp, later: Timestamp) -> i64 {
    later.as_second().saturating_sub(earlier.as_second())
}
