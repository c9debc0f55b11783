//! How many previews there are, and for how long.

use super::{closed, pull};
use crate::story::{Story, source};
use serde_json::json;

const DAY: u64 = 24 * 3600;

fn is(state: &str, problem: &str) -> (String, String) {
    (state.into(), problem.into())
}

#[test]
fn of_two_previews_with_one_place_the_second_waits_for_the_end_of_the_first() {
    let story = Story::with_previews_and(&[("limit_previews", "1")]);
    story.pulled(&pull(7, 'b'));
    story.pulled(&pull(8, 'c'));
    assert_eq!(story.state(8), is("waiting", "too_many_previews"));
    assert_eq!(story.built(), "b");
    // The first one goes on.
    story.pulled(&pull(7, 'd'));
    assert_eq!((story.built().as_str(), story.state(7)), ("bd", is("building", "")));
    let records = || story.host.stored().keys().filter(|it| it.contains("preview-push/")).count();
    story.open(&[pull(7, 'd'), pull(8, 'c')]);
    story.state(8);
    let before = records();
    story.state(8);
    assert_eq!(records(), before, "a look without news writes no record");
    story.pulled(&closed(7, 'd'));
    story.open(&[pull(8, 'c')]);
    assert_eq!((story.state(8), story.built().as_str()), (is("building", ""), "bdc"));
    // It has lost its place.
    story.pulled(&pull(7, 'd'));
    assert_eq!(story.state(7), is("waiting", "too_many_previews"));
}

#[test]
fn the_places_are_the_owners_and_free_when_previews_are_switched_off() {
    let story = Story::with_previews_and(&[("limit_previews", "1")]);
    story.host.create_project("alice", "other");
    story.host.create_project("bob", "third");
    for (login, project) in [("alice", 2), ("bob", 3)] {
        story.permission(login, "write");
        let mut source = source(true);
        source["previews"] = json!("build");
        story
            .user(login)
            .put(&format!("/api/v1/projects/{project}/services/web"), &source)
            .expect(201);
    }
    let state = |login: &str, project: u32| {
        let path = format!("/api/v1/projects/{project}/services/web/previews");
        let list = story.user(login).get(&path).expect(200);
        list["previews"][0]["state"].as_str().unwrap().to_owned()
    };
    story.open(&[pull(7, 'b')]);
    story.process(story.pull_event(7));
    let mut of_alice = [state("alice", 1), state("alice", 2)];
    of_alice.sort();
    assert_eq!(of_alice, ["building", "waiting"]);
    assert_eq!(state("bob", 3), "building");
    let (first, second) = if state("alice", 1) == "building" { (1, 2) } else { (2, 1) };
    let off = json!({ "previews": "off" });
    let path = format!("/api/v1/projects/{first}/services/web");
    let alice = story.user("alice");
    story.host.run(alice.start("PATCH", &path, Some(&off))).expect(200);
    assert_eq!(state("alice", second), "building");
    // It has lost its place.
    let on = json!({ "previews": "deploy" });
    story.host.run(alice.start("PATCH", &path, Some(&on))).expect(200);
    assert_eq!(state("alice", first), "waiting");
}

#[test]
fn a_preview_ends_when_nothing_was_pushed_for_a_week_and_the_next_push_starts_it_again() {
    let story = Story::with_previews();
    story.open(&[pull(7, 'b')]);
    story.pulled(&pull(7, 'b'));
    story.host.wait(6 * DAY);
    assert_eq!(story.state(7).1, "");
    story.host.wait(DAY + 60);
    assert_eq!(story.state(7), is("ended", "expired"));
    // Nor does another event start it.
    story.process(story.pull_event(7));
    assert_eq!(story.state(7), is("ended", "expired"));
    story.open(&[pull(7, 'c')]);
    assert_eq!((story.state(7), story.built().as_str()), (is("building", ""), "bc"));
}

#[test]
fn a_preview_of_which_github_says_nothing_ends_too() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.deployed(7);
    story.installed(404);
    assert_eq!(story.state(7), is("waiting", "app_not_installed"));
    story.host.wait(7 * DAY + 60);
    assert_eq!(story.state(7), is("ended", "expired"));
    assert_eq!(story.asked_to_deploy(), ["7"]);
}

/// The build had begun before the record of another look said that there is no place.
#[test]
fn a_preview_that_gets_a_place_is_deployed_with_the_build_that_it_has() {
    let story = Story::with_previews_and(&[("limit_previews", "1")]);
    story.pulled(&pull(7, 'b'));
    story.build_succeeds(1);
    story.pulled(&pull(8, 'c'));
    story.pulled(&closed(7, 'b'));
    story.pulled(&pull(8, 'c'));
    story.pulled(&pull(7, 'b'));
    assert_eq!(story.state(7), is("waiting", "too_many_previews"));
    let before = story.asked_to_deploy().len();
    story.open(&[pull(7, 'b')]);
    story.pulled(&closed(8, 'c'));
    assert_eq!(story.state(7), is("built", ""));
    assert_eq!(story.asked_to_deploy().len(), before + 1);
    assert_eq!(story.built(), "bc");
}
