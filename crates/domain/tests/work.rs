//! Queues of work: a walk looks at every item, and what is behind it is never looked at again.
#![allow(clippy::unwrap_used)] // Tests.

use nokube_domain::{
    Timestamp,
    work::{
        Found::{self, Done, Left, Nothing},
        QueueWalk, SETTLED_AFTER, STORE_WITHIN, Walked, WorkProgress, is_given_up, may_store_item,
    },
};
use std::ops::RangeInclusive;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A queue in which `count` numbers were taken.
struct Queue {
    progress: Option<WorkProgress>,
    count: u32,
}

/// What a walk looked at, and its result.
struct Walk {
    numbers: RangeInclusive<u32>,
    walked: Walked,
    has_stored: bool,
}

impl Queue {
    fn of(count: u32) -> Self {
        Self { progress: None, count }
    }

    /// A walk that finds this from its first number on.
    fn walk(&mut self, seconds: i64, found: &[Found]) -> Walk {
        let mut walk = QueueWalk::begin(self.progress.clone(), self.count, at(seconds));
        let numbers = walk.numbers();
        found.iter().for_each(|found| walk.record(*found));
        let (progress, walked) = walk.end();
        let has_stored = progress.is_some();
        // As it is stored.
        let stored = progress.map(|progress| serde_json::to_string(&progress).unwrap());
        let stored = stored.map(|json| serde_json::from_str(&json).unwrap());
        self.progress = stored.or(self.progress.take());
        Walk { numbers, walked, has_stored }
    }
}

#[test]
fn an_empty_queue_costs_no_write() {
    let walk = Queue::of(0).walk(0, &[]);
    assert!(walk.numbers.is_empty() && !walk.has_stored);
    assert_eq!(walk.walked, Walked::default());
}

#[test]
fn items_that_are_done_are_not_looked_at_again() {
    let mut queue = Queue::of(3);
    let walk = queue.walk(0, &[Done, Done, Done]);
    assert_eq!((walk.numbers, walk.walked), (1..=3, Walked { done: 3, remaining: 0 }));
    let walk = queue.walk(15, &[]);
    assert!(walk.numbers.is_empty() && !walk.has_stored);
    queue.count = 5;
    assert_eq!(queue.walk(30, &[]).numbers, 4..=5);
}

#[test]
fn an_item_that_is_left_holds_the_mark() {
    let mut queue = Queue::of(4);
    let walk = queue.walk(0, &[Done, Left, Done, Done]);
    assert_eq!(walk.walked, Walked { done: 3, remaining: 1 });
    assert_eq!(queue.walk(15, &[Left, Nothing, Nothing]).numbers, 2..=4);
    assert_eq!(queue.walk(30, &[Done, Nothing, Nothing]).numbers, 2..=4);
    assert_eq!(queue.walk(90, &[Nothing, Nothing]).numbers, 3..=4);
    assert!(queue.walk(105, &[]).numbers.is_empty());
}

/// Its request has taken the number and may be about to store the item.
#[test]
fn a_number_without_an_item_is_looked_at_for_a_minute() {
    let mut queue = Queue::of(2);
    queue.walk(0, &[Nothing, Nothing]);
    assert_eq!(queue.walk(SETTLED_AFTER - 1, &[Nothing, Nothing]).numbers, 1..=2);
    queue.count = 3;
    assert_eq!(queue.walk(SETTLED_AFTER, &[Nothing, Nothing, Nothing]).numbers, 1..=3);
    let walk = queue.walk(SETTLED_AFTER + 15, &[Done]);
    assert_eq!((walk.numbers, walk.walked.done), (3..=3, 1), "the third number is younger");
}

/// However often the queue is walked.
#[test]
fn walks_do_not_make_the_count_younger() {
    let mut queue = Queue::of(2);
    for seconds in 0..SETTLED_AFTER {
        let found = vec![Nothing; queue.count as usize];
        assert_eq!(*queue.walk(seconds, &found).numbers.start(), 1);
        queue.count += 1;
    }
    let found = vec![Nothing; queue.count as usize];
    queue.walk(SETTLED_AFTER, &found);
    assert_eq!(*queue.walk(SETTLED_AFTER + 1, &[]).numbers.start(), 3);
}

#[test]
fn a_walk_that_ends_early_is_continued_and_then_begins_at_the_mark() {
    let mut queue = Queue::of(6);
    let walk = queue.walk(0, &[Left, Done]);
    assert_eq!(walk.walked, Walked { done: 1, remaining: 5 });
    let walk = queue.walk(15, &[Left, Nothing]);
    assert_eq!((walk.numbers, walk.walked.remaining), (3..=6, 3));
    assert_eq!(queue.walk(30, &[Done, Done]).numbers, 5..=6);
    let found = [Done, Nothing, Nothing, Nothing, Nothing, Nothing];
    assert_eq!(queue.walk(45, &found).numbers, 1..=6, "the first item was left");
    assert_eq!(queue.walk(105, &[Nothing; 5]).numbers, 2..=6);
    assert!(queue.walk(120, &[]).numbers.is_empty());
}

#[test]
fn walks_that_end_early_reach_the_end_whatever_they_leave() {
    let mut queue = Queue::of(100);
    let mut begin = |n: i64| *queue.walk(15 * n, &[Left; 10]).numbers.start();
    let seen: Vec<u32> = (0..10).map(&mut begin).collect();
    assert_eq!(seen, [1, 11, 21, 31, 41, 51, 61, 71, 81, 91]);
    assert_eq!(*queue.walk(150, &[]).numbers.start(), 1);
}

#[test]
fn a_store_that_lost_its_counter_begins_again() {
    let mut queue = Queue::of(50);
    queue.walk(0, &[Nothing; 50]);
    queue.walk(60, &[Nothing; 50]);
    queue.count = 2;
    assert_eq!(queue.walk(120, &[Nothing, Nothing]).numbers, 1..=2);
    assert_eq!(queue.walk(121, &[Nothing, Done]).numbers, 1..=2, "they are new");
}

#[test]
fn a_clock_that_was_ahead_does_not_stop_the_queue() {
    let mut queue = Queue::of(2);
    queue.walk(86_400, &[Nothing, Nothing]);
    queue.walk(0, &[Nothing, Nothing]);
    queue.walk(60, &[Nothing, Nothing]);
    assert!(queue.walk(75, &[]).numbers.is_empty());
}

#[test]
fn an_item_is_stored_in_time_or_not_at_all() {
    assert!(may_store_item(at(0), at(STORE_WITHIN - 1)));
    assert!(!may_store_item(at(0), at(STORE_WITHIN)));
}

#[test]
fn an_item_that_always_fails_is_given_up_after_a_week() {
    assert!(!is_given_up(at(0), at(7 * 86_400 - 1)));
    assert!(is_given_up(at(0), at(7 * 86_400)));
}
