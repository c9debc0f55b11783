//! Queues of work: nothing is lost, whatever the order of the store's calls, and what is done is left behind.

use crate::interleaving::{Task, interleave};
use futures::{FutureExt, future::join_all};
use nokube_domain::{BuildId, ProjectId};
use nokube_edge::{
    Error, Result,
    host::{Host, LogLevel},
    now, sleep,
    store::Store,
    work::{Progress, WalkLimits, Walked, WorkQueue},
};
use nokube_test_host::{StoreFault, TestHost};
use proptest::prelude::*;
use std::{cell::RefCell, collections::BTreeSet, rc::Rc, time::Duration};

const LIMITS: WalkLimits = WalkLimits { max_items: 100, time: Duration::from_secs(8) };

/// The tasks that were processed.
type Seen = Rc<RefCell<BTreeSet<u32>>>;

fn build(number: u32) -> BuildId {
    BuildId::new(ProjectId(1), number, 17)
}

async fn add(number: u32) -> Result<u32> {
    let store = Store::open().await.unwrap();
    WorkQueue::waiting().add(&store, &build(number)).await
}

/// Walks the queue. What `process` returns for a task is done with it.
async fn walk(limits: WalkLimits, process: impl Fn(u32) -> Result<Progress>) -> Walked {
    let store = Store::open().await.unwrap();
    let queue = WorkQueue::waiting();
    queue.walk(&store, limits, async |_, item| process(item.task.number)).await.unwrap()
}

async fn walk_and_note(seen: Seen) -> Walked {
    let note = |number| {
        seen.borrow_mut().insert(number);
        Ok(Progress::Done)
    };
    walk(LIMITS, note).await
}

fn items(host: &TestHost) -> usize {
    host.stored().keys().filter(|key| key.starts_with("work/")).count()
}

#[test]
fn what_was_added_is_processed_in_this_order_and_removed() {
    let host = TestHost::install();
    for number in 1..=40 {
        assert_eq!(host.run(add(number)).unwrap(), number);
    }
    let seen = Rc::new(RefCell::new(Vec::new()));
    let noted = seen.clone();
    let process = move |number| {
        noted.borrow_mut().push(number);
        Ok(Progress::Done)
    };
    assert_eq!(host.run(walk(LIMITS, process)), Walked { done: 40, remaining: 0 });
    assert_eq!(*seen.borrow(), (1..=40).collect::<Vec<_>>());
    assert_eq!(items(&host), 0);
}

#[test]
fn an_item_can_be_read_and_removed_again_and_again() {
    let host = TestHost::install();
    let number = host.run(add(7)).unwrap();
    host.run(async move {
        let (store, queue) = (Store::open().await.unwrap(), WorkQueue::waiting());
        let item = queue.get(&store, number).await.unwrap().unwrap();
        assert_eq!((item.task, item.added_at), (build(7), now()));
        for _ in 0..2 {
            queue.remove(&store, number).await.unwrap();
            assert!(queue.get(&store, number).await.unwrap().is_none());
        }
        assert!(queue.get(&store, 99).await.unwrap().is_none());
    });
    assert_eq!(
        host.run(walk(LIMITS, |_| panic!("it was removed"))),
        Walked { done: 0, remaining: 0 }
    );
}

#[test]
fn what_is_left_is_processed_by_each_walk() {
    let host = TestHost::install();
    host.run(join_all((1..=3).map(add)));
    let leave_the_second = |number| Ok(if number == 2 { Progress::Later } else { Progress::Done });
    assert_eq!(host.run(walk(LIMITS, leave_the_second)), Walked { done: 2, remaining: 1 });
    assert_eq!(host.run(walk(LIMITS, leave_the_second)), Walked { done: 0, remaining: 1 });
    assert_eq!(host.run(walk(LIMITS, |_| Ok(Progress::Done))), Walked { done: 1, remaining: 0 });
}

/// One read of the mark and one of the counter.
#[test]
fn when_all_is_done_a_walk_writes_nothing_and_looks_at_no_number() {
    let host = TestHost::install();
    host.run(join_all((1..=3).map(add)));
    host.run(walk_and_note(Seen::default()));
    let stored = host.stored();
    assert_eq!(host.run(walk_and_note(Seen::default())), Walked::default());
    assert_eq!(host.stored(), stored);
}

#[test]
fn a_number_whose_request_was_interrupted_is_left_behind_after_a_minute() {
    let host = TestHost::install();
    host.store_fails(StoreFault::AfterWrites(1));
    assert!(host.run(add(1)).is_err(), "it is not stored");
    host.store_works();
    host.run(add(2)).unwrap();
    let mark = || host.stored()["work-progress/waiting"].clone();
    let seen = Seen::default();
    host.run(walk_and_note(seen.clone()));
    assert_eq!(*seen.borrow(), [2].into());
    assert!(mark().contains("\"next\":1,"), "{}", mark());
    host.wait(60);
    host.run(walk_and_note(seen));
    assert!(mark().contains("\"next\":3,"), "{}", mark());
}

#[test]
fn an_item_that_is_stored_long_after_its_number_was_taken_is_found() {
    let host = TestHost::install();
    let seen = Seen::default();
    let (clock, noted) = (host.clone(), seen.clone());
    host.run(async move {
        let mut adding = Box::pin(add(1));
        for _ in 0..2 {
            assert!((&mut adding).now_or_never().is_none(), "it has a number, and no item yet");
        }
        add(2).await.unwrap();
        for _ in 0..4 {
            walk_and_note(noted.clone()).await;
            clock.wait(14);
        }
        adding.await.unwrap();
        walk_and_note(noted).await;
    });
    assert_eq!(*seen.borrow(), [1, 2].into());
    assert_eq!(items(&host), 0);
}

#[test]
fn a_request_that_was_too_slow_between_number_and_item_fails() {
    let host = TestHost::install();
    let added = {
        let host = host.clone();
        host.clone().run(async move {
            let mut adding = Box::pin(add(1));
            assert!((&mut adding).now_or_never().is_none(), "it has asked for a number");
            host.wait(30);
            adding.await
        })
    };
    assert!(matches!(added, Err(Error::StoreUnavailable(_))), "{added:?}");
    assert_eq!(items(&host), 0);
}

#[test]
fn an_item_that_fails_holds_up_no_other_and_is_given_up_after_a_week() {
    let host = TestHost::install();
    host.run(join_all((1..=3).map(add)));
    let fail_first = |number| match number {
        1 => Err(Error::internal("process it", "out of luck")),
        _ => Ok(Progress::Done),
    };
    assert_eq!(host.run(walk(LIMITS, fail_first)), Walked { done: 2, remaining: 1 });
    let logged = host.logged(LogLevel::Event).join("\n");
    assert!(logged.contains("item 1 of the queue waiting stays") && logged.contains("out of luck"));
    host.wait(7 * 86_400);
    assert_eq!(host.run(walk(LIMITS, fail_first)), Walked { done: 1, remaining: 0 });
    assert_eq!(items(&host), 0);
}

/// A newer release may have added it, before it was rolled back.
#[test]
fn an_item_that_cannot_be_read_holds_up_no_other() {
    let host = TestHost::install();
    let number = host.run(add(1)).unwrap();
    let unknown = br#"{"added_at":"2026-03-02T09:00:00Z","task":{"measure":1}}"#;
    let key_value = host.open_store(None);
    host.run(async move {
        let key = format!("work/waiting/{number}");
        key_value.await.unwrap().set(&key, unknown.to_vec()).await.unwrap();
    });
    host.run(add(2)).unwrap();
    let seen = Seen::default();
    assert_eq!(host.run(walk_and_note(seen.clone())), Walked { done: 1, remaining: 1 });
    assert_eq!(*seen.borrow(), [2].into());
}

#[test]
fn a_walk_ends_at_its_limits_and_the_next_one_continues() {
    let host = TestHost::install();
    host.run(join_all((1..=5).map(add)));
    let two = WalkLimits { max_items: 2, ..LIMITS };
    let seen = Rc::new(RefCell::new(Vec::new()));
    for remaining in [5, 3, 1] {
        let noted = seen.clone();
        let leave = move |number| {
            noted.borrow_mut().push(number);
            Ok(Progress::Later)
        };
        assert_eq!(host.run(walk(two, leave)).remaining, remaining);
    }
    assert_eq!(*seen.borrow(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_walk_takes_no_longer_than_its_time() {
    let host = TestHost::install();
    host.run(join_all((1..=10).map(add)));
    let slow = async || {
        let store = Store::open().await.unwrap();
        let process = async |_, _| {
            sleep(Duration::from_secs(3)).await;
            Ok(Progress::Done)
        };
        let begun_at = now();
        let walked = WorkQueue::waiting().walk(&store, LIMITS, process).await.unwrap();
        (walked, now().as_second() - begun_at.as_second())
    };
    assert_eq!(host.run(slow()), (Walked { done: 2, remaining: 8 }, 6), "none began after 4 s");
    let stuck = async || {
        let store = Store::open().await.unwrap();
        let process = async |_, _| {
            sleep(Duration::from_secs(60)).await;
            Ok(Progress::Done)
        };
        let begun_at = now();
        let walked = WorkQueue::waiting().walk(&store, LIMITS, process).await.unwrap();
        (walked.done, now().as_second() - begun_at.as_second())
    };
    assert_eq!(host.run(stuck()), (0, 8));
}

fn adding(number: u32, steps: Option<u32>) -> Task<Option<u32>> {
    let future = async move { add(number).await.ok().map(|_| number) };
    Task { future: Box::pin(future), steps }
}

fn walking(seen: &Seen, steps: Option<u32>) -> Task<Option<u32>> {
    let seen = seen.clone();
    let future = async move {
        walk_and_note(seen).await;
        None
    };
    Task { future: Box::pin(future), steps }
}

proptest! {
    /// Each walk and each addition may be interrupted at any call of the store.
    #[test]
    fn whatever_was_added_is_processed_and_the_mark_moves(
        rounds in prop::collection::vec(
            (
                any::<[u8; 32]>(),
                prop::collection::vec(prop::option::of(0..4_u32), 0..5),
                prop::collection::vec(prop::option::of(0..12_u32), 0..3),
                0..90_u64,
            ),
            1..8,
        ),
    ) {
        let host = TestHost::install();
        let (seen, mut added, mut number) = (Seen::default(), BTreeSet::new(), 0);
        for (choices, additions, walks, pause) in rounds {
            let mut tasks: Vec<_> = walks.into_iter().map(|steps| walking(&seen, steps)).collect();
            for steps in additions {
                number += 1;
                tasks.push(adding(number, steps));
            }
            let results = host.run(interleave(tasks, choices.to_vec()));
            added.extend(results.into_iter().flatten());
            host.wait(pause);
        }
        for _ in 0..3 {
            host.run(walk_and_note(seen.clone()));
            host.wait(60);
        }
        prop_assert!(seen.borrow().is_superset(&added), "{:?} of {:?}", seen, added);
        prop_assert_eq!(items(&host), 0);
        let stored = host.stored();
        host.run(walk_and_note(seen));
        prop_assert_eq!(host.stored(), stored, "nothing is left to look at");
    }
}
