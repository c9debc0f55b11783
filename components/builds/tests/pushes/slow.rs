//! GitHub is slow to compare commits, and requests are cut off meanwhile.

use crate::story::{Story, source};
use serde_json::json;
use std::time::Duration;

#[test]
fn looks_that_are_cut_off_take_few_numbers_and_end_with_the_build() {
    let story = Story::new();
    story.host.respond_to_after("/compare/", Duration::from_secs(20));
    story.head('b');
    let number = story.event('b');
    story.process_for_5_seconds(number);
    assert_eq!(story.built(), "");
    for _ in 0..10 {
        story.host.wait(15);
        story.reconcile();
    }
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
    assert!(story.numbers() <= 4, "{}", story.numbers());
    assert_eq!(story.decisions()[0], "built");
}

#[test]
fn a_read_does_not_take_a_number_each_time() {
    let story = Story::new();
    story.host.respond_to_after("/compare/", Duration::from_secs(20));
    story.head('b');
    for _ in 0..5 {
        story.decisions();
    }
    assert_eq!((story.built().as_str(), story.numbers()), ("b", 2));
}

#[test]
fn commits_are_compared_at_once() {
    let story = Story::without_link();
    // Each service is compared with another commit.
    for digit in '0'..='9' {
        story.head(digit);
        let mut source = source(true);
        source["context"] = json!(".");
        let path = format!("/api/v1/projects/1/services/s{digit}");
        story.user("alice").put(&path, &source).expect(201);
    }
    story.host.respond_to_after("/compare/", Duration::from_secs(1));
    story.head('b');
    story.event('b');
    story.reconcile();
    assert_eq!((story.built().as_str(), story.dispatches()), ("bbbbbbbbbb", 10));
}

#[test]
fn an_event_that_is_processed_late_takes_a_number_only_for_news() {
    let story = Story::new();
    story.push('b');
    let numbers = story.numbers();
    let again = story.event('b');
    story.host.wait(601);
    assert_eq!(story.process(again).status, 204);
    assert_eq!(story.numbers(), numbers);
    story.head('c');
    let later = story.event('c');
    story.host.wait(601);
    assert_eq!(story.process(later).status, 204);
    assert_eq!((story.built().as_str(), story.numbers()), ("bc", numbers + 1));
}
