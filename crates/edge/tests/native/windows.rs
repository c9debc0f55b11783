//! Counting in windows of time, whatever the order of the calls of the store.

use crate::interleaving::{Task, interleave};
use futures::future::join_all;
use nokube_domain::Timestamp;
use nokube_edge::store::{Store, WindowName};
use nokube_test_host::TestHost;
use proptest::prelude::*;

const MAX: u32 = 4;

/// Counts one in the window that begins at `start`. Returns `start` if it is admitted.
async fn count(start: i64) -> Option<i64> {
    let store = Store::open().await.unwrap();
    let name = WindowName::readiness();
    store.count_in_window(&name, start, MAX).await.unwrap().then_some(start)
}

fn task(start: i64, steps: Option<u32>) -> Task<Option<i64>> {
    Task { future: Box::pin(count(start)), steps }
}

proptest! {
    #[test]
    fn never_more_than_the_limit_is_admitted_in_a_window(
        windows in prop::collection::vec(
            (any::<[u8; 32]>(), 1..10_i64, prop::collection::vec(0..8_u32, 0..3)), 1..8
        ),
    ) {
        let host = TestHost::install();
        let mut start = 1_000_000_020;
        for (choices, gap, interrupted) in windows {
            start += 60 * gap;
            let whole = (0..9).map(|_| task(start, None));
            let cut_off = interrupted.iter().map(|steps| task(start, Some(*steps)));
            let tasks = whole.chain(cut_off).collect();
            let admitted = host.run(interleave(tasks, choices.to_vec()));
            let admitted = admitted.into_iter().flatten().count();
            prop_assert!(admitted <= MAX as usize);
            prop_assert!(admitted + interrupted.len() >= MAX as usize, "{} were admitted", admitted);
        }
    }

    /// A request at the end of a window may be counted in the next one, and one at its beginning in the one before.
    #[test]
    fn nor_more_than_twice_the_limit_where_two_windows_meet(
        choices in prop::collection::vec(any::<u8>(), 200)
    ) {
        let host = TestHost::install();
        let start = 1_000_000_020;
        host.run(join_all((0..9).map(|_| count(start - 60))));
        let tasks = (0..24).map(|n| task(start + 60 * (n % 2), None)).collect();
        let admitted = host.run(interleave(tasks, choices)).into_iter().flatten().count();
        prop_assert!(admitted <= 2 * MAX as usize);
        // Of what was counted twice, something may count in the next one, but not later.
        for window in 2..6 {
            let next = host.run(join_all((0..9).map(|_| count(start + 60 * window))));
            let admitted = next.into_iter().flatten().count();
            prop_assert!(admitted <= MAX as usize && (window == 2 || admitted == MAX as usize));
        }
    }
}

#[test]
fn windows_use_the_same_keys_again() {
    let host = TestHost::install();
    for window in 0..200 {
        host.run(join_all((0..6).map(|_| count(60 * window))));
    }
    assert_eq!(host.stored().len(), 5, "a record and four counters: {:?}", host.stored());
}

#[test]
fn above_the_limit_a_window_is_not_written() {
    let host = TestHost::install();
    host.run(join_all((0..6).map(|_| count(60))));
    let stored = host.stored();
    assert_eq!(host.run(join_all((0..100).map(|_| count(60)))), vec![None; 100]);
    assert_eq!(host.stored(), stored);
}

async fn is_first(last: Option<Timestamp>) -> bool {
    let store = Store::open().await.unwrap();
    store.is_first(&WindowName::readiness(), last).await.unwrap()
}

#[test]
fn of_a_hundred_at_once_one_is_first() {
    let host = TestHost::install();
    let first = |last: Option<Timestamp>| {
        let all = host.run(join_all((0..100).map(|_| is_first(last))));
        all.into_iter().filter(|is_first| *is_first).count()
    };
    assert_eq!(first(None), 1);
    for seconds in [1, 2, 59, 60, 61, 120, 3_600] {
        let last = Some(nokube_edge::now());
        host.wait(seconds);
        assert_eq!(first(last), 1, "{seconds} s later");
    }
}

#[test]
fn if_the_first_is_interrupted_another_one_follows_within_a_minute() {
    let host = TestHost::install();
    let last = Some(nokube_edge::now());
    host.wait(15);
    assert!(host.run(is_first(last)));
    assert!(!host.run(is_first(last)));
    host.wait(60);
    assert!(host.run(is_first(last)));
}
