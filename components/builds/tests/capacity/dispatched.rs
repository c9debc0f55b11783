//! Waiting builds are dispatched, cancelled or replaced.

use super::platform::{BUILDS, platform};
use nokube_test_host::StoreFault;
use serde_json::{Value, json};
use std::collections::BTreeSet;
#[test]
fn ten_waiting_builds_are_dispatched_once_each_and_never_more_than_the_limit() {
    let platform = platform("3");
    let running: Vec<_> = (0..3).map(|_| platform.start()).collect();
    let waiting: Vec<_> = (0..10).map(|n| platform.waiting(["a", "b", "c", "d"][n % 4])).collect();
    let all: Vec<_> = running.iter().chain(&waiting).cloned().collect();
    platform.host.wait(15);
    platform.read_at_once(&all, 5);
    assert_eq!(platform.dispatches().len(), 3, "there is no capacity");
    let build = platform.read(&waiting[9]);
    assert_eq!(
        (&build["status"], &build["waiting_for_capacity"]),
        (&json!("pending"), &json!(true))
    );
    platform.alice.post(BUILDS, &platform.request()).expect(429);

    let mut dispatched = 3;
    for round in 0.. {
        assert!(round < 12, "{:?}", platform.dispatches());
        // All that run end, and are read by five readers at once.
        platform.runs_are("completed", Some("failure"));
        platform.host.wait(15);
        platform.read_at_once(&all, 5);
        let total = platform.dispatches().len();
        assert!(total - dispatched <= 3, "the limit is 3: {total} after {dispatched}");
        dispatched = total;
        if dispatched == 13 {
            break;
        }
        platform.runs_are("in_progress", None);
        platform.read_at_once(&all, 5);
        assert!(platform.dispatches().len() - dispatched <= 3);
        dispatched = platform.dispatches().len();
    }
    assert!(platform.dispatches().values().all(|count| *count == 1));
    platform.host.wait(15);
    platform.read_at_once(&all, 5);
    platform.host.wait(15);
    platform.read_at_once(&all, 2);
    assert!(all.iter().all(|path| platform.read(path)["status"] == "failed"));
    assert_eq!(platform.items(), BTreeSet::new(), "nothing is left to do");
}

#[test]
fn the_end_of_a_build_dispatches_the_one_that_waits_longest() {
    let platform = platform("1");
    let running = platform.start();
    let waiting = ["frontend", "backend"].map(|service| platform.waiting(service));
    platform.runs_are("completed", Some("failure"));
    platform.host.wait(15);
    platform.read(&running);
    let dispatched: Vec<_> = platform.dispatches().into_keys().collect();
    assert!(dispatched.contains(&waiting[0]) && !dispatched.contains(&waiting[1]));
    platform.runs_are("in_progress", None);
    platform.host.wait(15);
    let build = platform.read(&waiting[0]);
    assert_eq!((&build["status"], &build["attempt"]), (&json!("building"), &json!(1)));
    // Nobody reads it: a webhook says that it has ended, and that is followed.
    platform.runs_are("completed", Some("failure"));
    platform.host.wait(15);
    platform.follow(&waiting[0]);
    assert_eq!(platform.dispatches().get(&waiting[1]), Some(&1));
}

#[test]
fn wherever_a_reader_dies_a_waiting_build_is_dispatched_at_most_once_and_ends() {
    for writes in 0.. {
        let platform = platform("1");
        let running = platform.start();
        platform.runs_are("completed", Some("failure"));
        platform.host.wait(15);
        platform.read(&running);
        let path = platform.waiting("frontend");
        platform.host.store_fails(StoreFault::AfterWrites(writes));
        let response = platform.alice.get(&path);
        platform.host.store_works();
        if response.status == 200 {
            // Two to be the reader that goes on, its time, place, claim, mark, result of the claim, run.
            assert_eq!(writes, 2 + 1 + 2 + 1 + 1 + 1 + 1);
            assert_eq!(platform.dispatches().get(&path), Some(&1));
            return;
        }
        response.expect(503);
        platform.runs_are("completed", Some("failure"));
        for _ in 0..6 {
            platform.host.wait(61);
            platform.read(&path);
        }
        let build = platform.read(&path);
        if platform.dispatches().contains_key(&path) {
            assert_eq!(platform.dispatches()[&path], 1, "after {writes} writes: {build}");
        } else {
            assert_eq!(build["waiting_for_capacity"], false, "after {writes} writes: {build}");
        }
        platform.host.wait(2_700);
        platform.read(&path);
        let build = platform.read(&path);
        assert_eq!(build["status"], "failed", "after {writes} writes: {build}");
        // Its place is free again.
        platform.start();
    }
}

#[test]
fn a_waiting_build_that_is_cancelled_is_never_dispatched() {
    let platform = platform("1");
    let running = platform.start();
    let path = platform.waiting("frontend");
    let build = platform.alice.delete(&path).expect(202);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("cancelled"), &json!(false)));
    assert_eq!(build["waiting_for_capacity"], false);
    platform.runs_are("completed", Some("failure"));
    platform.host.wait(15);
    platform.read_at_once(&[running, path.clone()], 5);
    assert_eq!(platform.dispatches().get(&path), None);
    let build = platform.read(&path);
    assert_eq!((&build["status"], &build["error_code"]), (&json!("cancelled"), &Value::Null));
    // A person can want it nevertheless.
    platform.runs_are("in_progress", None);
    assert_eq!(platform.alice.post(&format!("{path}/retry"), &json!({})).expect(202)["attempt"], 2);
    assert_eq!(platform.dispatches()[&path], 1);
}
