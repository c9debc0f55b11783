//! Requests that are cut off, or come at once.

use super::{closed, from_fork, pull};
use crate::{
    faults::{finish, process_at_once, processing},
    story::Story,
};
use futures::future::{Either, select};
use nokube_test_host::{StoreFault, after_calls};
use std::pin::pin;

fn running(story: &Story) -> usize {
    let cancelled = |url: &&String| url.ends_with("/cancel");
    let cancelled = story.host.sent_urls().iter().filter(cancelled).count();
    story.dispatches().saturating_sub(cancelled)
}

#[test]
fn wherever_processing_is_cut_off_the_head_is_built_once() {
    for n in 0.. {
        let story = Story::with_previews_and(&[("limit_previews", "1")]);
        story.pull(&pull(7, 'b'));
        let number = story.pull_event(7);
        let process = processing(&story, number);
        let was_done = story.host.run(async move {
            matches!(select(pin!(process), pin!(after_calls(n))).await, Either::Left(_))
        });
        let case = format!("after {n} calls");
        finish(&story, number, &case);
        // The place that it had taken is free after a minute.
        story.host.wait(61);
        story.open(&[pull(7, 'b')]);
        story.preview(7);
        assert!(["b", "bb"].contains(&story.built().as_str()), "{case}: {}", story.built());
        assert_eq!(story.state(7).0, "building", "{case}");
        assert_eq!(story.dispatches(), 1, "{case}");
        if was_done {
            assert!(n > 40, "{n}");
            return;
        }
    }
}

#[test]
fn wherever_processing_is_interrupted_the_head_is_built_once() {
    for writes in 0.. {
        let story = Story::with_previews_and(&[("limit_previews", "1")]);
        story.pulled(&pull(7, 'b'));
        story.pull(&pull(7, 'c'));
        let number = story.pull_event(7);
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let first = story.process(number);
        story.host.store_works();
        let case = format!("after {writes} writes");
        finish(&story, number, &case);
        assert!(["bc", "bcc"].contains(&story.built().as_str()), "{case}: {}", story.built());
        assert_eq!((story.dispatches(), running(&story)), (2, 1), "{case}");
        if first.status == 204 {
            assert!(writes > 8, "{writes}");
            return;
        }
    }
}

#[test]
fn wherever_an_approval_is_interrupted_a_repetition_builds_the_commit_once() {
    for writes in 0.. {
        let story = Story::with_previews();
        story.pulled(&from_fork(7, 'b'));
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let first = story.approve("alice", 7, 'b');
        story.host.store_works();
        let case = format!("after {writes} writes");
        let again = || {
            story.host.wait(61);
            !story.approve("alice", 7, 'b').expect(200)["build_id"].is_null()
        };
        assert!(std::iter::repeat_with(again).take(4).any(|has_build| has_build), "{case}");
        assert!(["b", "bb"].contains(&story.built().as_str()), "{case}: {}", story.built());
        assert_eq!(story.dispatches(), 1, "{case}");
        if first.status == 200 {
            assert!(writes > 8, "{writes}");
            return;
        }
    }
}

#[test]
fn wherever_processing_is_interrupted_the_preview_ends() {
    for writes in 0.. {
        let story = Story::with_previews();
        story.pulled(&pull(7, 'b'));
        story.deployed(7);
        story.pull(&closed(7, 'b'));
        let number = story.pull_event(7);
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let first = story.process(number);
        story.host.store_works();
        let case = format!("after {writes} writes");
        finish(&story, number, &case);
        story.reconcile();
        assert_eq!(story.state(7), ("ended".into(), "closed".into()), "{case}");
        assert!(!story.asked_to_deploy().is_empty(), "{case}");
        assert_eq!(running(&story), 0, "{case}");
        if first.status == 204 {
            assert!(writes > 2, "{writes}");
            return;
        }
    }
}

/// The second push comes while the first one is processed.
#[test]
fn of_two_looks_at_once_the_last_head_is_built_and_no_other_is_left_running() {
    for n in (0..120).step_by(3) {
        let story = Story::with_previews_and(&[("limit_previews", "1")]);
        story.pull(&pull(7, 'b'));
        let (first, second) = (story.pull_event(7), story.pull_event(7));
        let change = |story: &Story| story.pull(&pull(7, 'c'));
        let story = process_at_once(story, [first, second], n, change);
        let case = format!("after {n} calls");
        story.open(&[pull(7, 'c')]);
        assert_eq!(story.state(7), ("building".into(), String::new()), "{case}");
        assert_eq!(story.preview(7)["commit"]["sha"], crate::story::sha('c'), "{case}");
        assert!(running(&story) <= 1, "{case}: {}", story.built());
    }
}

/// It is closed while the push is processed.
#[test]
fn a_preview_that_ends_while_it_is_built_is_not_left_running() {
    for n in (0..120).step_by(3) {
        let story = Story::with_previews();
        story.pull(&pull(7, 'b'));
        let (first, second) = (story.pull_event(7), story.pull_event(7));
        let change = |story: &Story| story.pull(&closed(7, 'b'));
        let story = process_at_once(story, [first, second], n, change);
        let case = format!("after {n} calls");
        if !story.built().is_empty() {
            assert_eq!(story.state(7), ("ended".into(), "closed".into()), "{case}");
        }
        assert_eq!(running(&story), 0, "{case}: {}", story.built());
    }
}
