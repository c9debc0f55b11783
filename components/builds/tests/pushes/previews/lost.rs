//! Events that GitHub never sent, sent twice, or in another order.

use super::{closed, pull};
use crate::story::Story;

fn is(state: &str, problem: &str) -> (String, String) {
    (state.into(), problem.into())
}

#[test]
fn a_read_finds_pull_requests_that_were_opened_pushed_to_and_closed() {
    let story = Story::with_previews();
    story.open(&[pull(7, 'b')]);
    assert_eq!((story.state(7), story.built().as_str()), (is("building", ""), "b"));
    story.open(&[pull(7, 'c'), pull(8, 'd')]);
    assert_eq!((story.state(7), story.state(8)), (is("building", ""), is("building", "")));
    assert!(["bcd", "bdc"].contains(&story.built().as_str()), "{}", story.built());
    story.open(&[pull(8, 'd')]);
    story.pull(&closed(7, 'c'));
    assert_eq!((story.state(7), story.state(8)), (is("ended", "closed"), is("building", "")));
}

#[test]
fn reconcile_finds_them_while_nobody_looks() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.deployed(7);
    story.pull(&closed(7, 'b'));
    story.open(&[pull(8, 'c')]);
    story.host.wait(601);
    story.reconcile();
    assert_eq!((story.built().as_str(), story.asked_to_deploy()), ("bc", vec!["7".to_owned()]));
    assert_eq!(story.state(7), is("ended", "closed"));
}

#[test]
fn an_event_is_a_hint_that_may_come_twice_or_late() {
    let story = Story::with_previews();
    story.pull(&pull(7, 'b'));
    let events = [story.pull_event(7), story.pull_event(7), story.pull_event(7)];
    for event in events.into_iter().rev() {
        assert_eq!(story.process(event).status, 204);
    }
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
    // The event of its opening comes after it was closed.
    let opened = story.pull_event(8);
    story.pull(&closed(8, 'c'));
    story.process(story.pull_event(8));
    story.process(opened);
    assert_eq!((story.find_preview(8), story.built().as_str()), (None, "b"));
}
