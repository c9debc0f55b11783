//! The life of a pull request of the repository itself.

use super::{PREVIEWS, closed, pull, with};
use crate::story::{SHOP, Story, WEB, sha};
use serde_json::{Value, json};

fn is(state: &str, problem: &str) -> (String, String) {
    (state.into(), problem.into())
}

/// The states that GitHub shows at a commit, in order.
fn statuses(story: &Story, commit: char) -> Vec<Value> {
    let sent = story.host.sent("POST", &format!("{}/statuses/{}", SHOP[0], sha(commit)));
    let status = |body: &String| serde_json::from_str::<Value>(body).unwrap()["state"].clone();
    sent.iter().map(status).collect()
}

#[test]
fn a_pull_request_is_built_at_each_push_until_it_is_closed() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    let preview = story.preview(7);
    assert_eq!((&preview["state"], &preview["problem"]), (&json!("building"), &json!(null)));
    assert_eq!((&preview["title"], &preview["author"]), (&json!("Change 7"), &json!("carol")));
    assert_eq!(preview["pull_request_url"], "https://github.com/acme/shop/pull/7");
    assert_eq!(preview["commit"]["sha"], sha('b'));
    let build = story.build(1);
    assert_eq!(build["asked"]["tag"], "pr-7");
    assert_eq!(build["commit"], sha('b'));
    assert_eq!((story.built().as_str(), story.dispatches()), ("b", 1));
    assert_eq!(statuses(&story, 'b'), ["pending"]);
    // The next push ends it.
    story.pulled(&pull(7, 'c'));
    assert_eq!((story.built().as_str(), story.dispatches()), ("bc", 2));
    assert_eq!(story.preview(7)["commit"]["sha"], sha('c'));
    let id = story.build(1)["id"].as_str().unwrap().to_owned();
    let superseded = story.user("alice").get(&format!("/api/v1/builds/{id}")).expect(200);
    assert_eq!((&superseded["superseded"], &superseded["pull_request"]), (&json!(true), &json!(7)));
    // The pull request is merged.
    story.pulled(&closed(7, 'c'));
    assert_eq!(story.state(7), is("ended", "closed"));
    assert_eq!(story.preview(7)["ends_at"], json!(null));
    let cancelled = |url: &&String| url.ends_with("/cancel");
    assert_eq!(story.host.sent_urls().iter().filter(cancelled).count(), 2);
    // It is opened again, with the commit whose build was cancelled.
    story.pulled(&pull(7, 'c'));
    assert_eq!((story.built().as_str(), story.dispatches()), ("bcc", 3));
    assert_eq!(story.state(7), is("building", ""));
}

#[test]
fn a_preview_is_no_build_of_the_service() {
    let story = Story::with_previews();
    story.push('e');
    story.pulled(&pull(7, 'b'));
    story.build_succeeds(2);
    let service = story.user("alice").get(WEB).expect(200);
    assert_eq!(service["last_build"]["commit_sha"], sha('e'));
    assert_eq!(story.decisions(), ["built"]);
    let services = story.user("alice").get("/api/v1/projects/1/services").expect(200);
    assert_eq!(services["services"][0]["last_build"]["commit_sha"], sha('e'));
    // It is shown among the builds of the project.
    let builds = story.user("alice").get("/api/v1/projects/1/builds").expect(200);
    assert_eq!(builds["builds"][0]["trigger"], "pull_request");
    assert_eq!(builds["builds"][0]["pull_request"], 7);
    assert_eq!(statuses(&story, 'b'), ["pending", "success"]);
}

#[test]
fn a_draft_waits_and_keeps_what_was_built_before() {
    let story = Story::with_previews();
    let draft = |head| with(pull(7, head), &[("/draft", json!(true))]);
    story.pulled(&draft('b'));
    assert_eq!((story.state(7), story.built().as_str()), (is("waiting", "draft"), ""));
    story.pulled(&pull(7, 'b'));
    assert_eq!((story.state(7), story.built().as_str()), (is("building", ""), "b"));
    story.pulled(&draft('c'));
    assert_eq!((story.state(7), story.built().as_str()), (is("waiting", "draft"), "b"));
    let cancelled = |url: &String| url.ends_with("/cancel");
    assert!(!story.host.sent_urls().iter().any(cancelled));
    story.pulled(&pull(7, 'c'));
    assert_eq!((story.state(7), story.built().as_str()), (is("building", ""), "bc"));
}

#[test]
fn only_pull_requests_to_the_chosen_branches_have_previews() {
    let story = Story::with_previews();
    let to = |branch: &str| with(pull(7, 'b'), &[("/base/ref", json!(branch))]);
    story.pulled(&to("release"));
    assert_eq!((story.find_preview(7), story.built().as_str()), (None, ""));
    story.pulled(&to("main"));
    assert_eq!((story.state(7), story.built().as_str()), (is("building", ""), "b"));
    story.pulled(&to("release"));
    assert_eq!(story.state(7), is("ended", "base_branch_not_chosen"));
    let change = json!({ "preview_base_branches": ["release"] });
    let alice = story.user("alice");
    story.host.run(alice.start("PATCH", WEB, Some(&change))).expect(200);
    story.pulled(&to("release"));
    assert_eq!(story.state(7), is("building", ""));
    story.pulled(&to("main"));
    assert_eq!(story.state(7), is("ended", "base_branch_not_chosen"));
}

#[test]
fn a_pull_request_that_does_not_touch_the_service_is_not_built() {
    let story = Story::with_previews();
    story.pull(&pull(7, 'b'));
    story.commit('b', "Explain it", "docs/readme.md");
    story.process(story.pull_event(7));
    assert_eq!((story.state(7), story.built().as_str()), (is("not_affected", ""), ""));
    // A check that is required must not block it.
    assert_eq!(statuses(&story, 'b'), ["success"]);
    story.pull(&pull(7, 'c'));
    story.commit('c', "Fix it [skip ci]", "web/main.rs");
    story.process(story.pull_event(7));
    assert_eq!((story.state(7), story.built().as_str()), (is("skipped", ""), ""));
    // The whole pull request counts, not the last push.
    story.pull(&pull(7, 'd'));
    story.commit('d', "Explain more", "web/main.rs");
    story.process(story.pull_event(7));
    assert_eq!((story.state(7), story.built().as_str()), (is("building", ""), "d"));
}

#[test]
fn previews_that_are_only_built_are_never_deployed() {
    let story = Story::with_previews();
    story.set_previews("build");
    story.pulled(&pull(7, 'b'));
    story.build_succeeds(1);
    assert_eq!(story.state(7), is("built", ""));
    story.pulled(&closed(7, 'b'));
    assert!(story.asked_to_deploy().is_empty());
}

#[test]
fn a_build_that_has_succeeded_is_deployed() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.host.respond("POST", super::DEPLOY, 503, &json!({}));
    story.build_succeeds(1);
    assert_eq!(story.asked_to_deploy(), ["7"]);
    // Until it is done.
    story.reconcile();
    assert_eq!(story.asked_to_deploy().len(), 2);
    story.host.respond("POST", super::DEPLOY, 200, &json!({ "done": true }));
    story.reconcile();
    story.reconcile();
    assert_eq!(story.asked_to_deploy().len(), 3);
}

/// The build of a push, of a service that is deployed automatically.
#[test]
fn a_build_of_a_push_is_deployed_and_a_read_goes_on_with_what_was_cut_off() {
    let story = Story::new();
    let alice = story.user("alice");
    let on = json!({ "deploy_on_build": true });
    story.host.run(alice.start("PATCH", WEB, Some(&on))).expect(200);
    let automation = format!("{}/automation", super::DEPLOY);
    let asked = |story: &Story| story.host.sent("POST", &automation).len();
    story.host.respond("POST", &automation, 200, &json!({ "done": false }));
    story.push('b');
    story.build_succeeds(1);
    assert_eq!(asked(&story), 1);
    story.host.respond("POST", &automation, 200, &json!({ "done": true }));
    for _ in 0..3 {
        story.user("alice").get(WEB).expect(200);
        // After the response.
        story.host.run(nokube_edge::sleep(std::time::Duration::from_secs(1)));
        assert_eq!(asked(&story), 2);
    }
    // Without the switch nobody is asked.
    let off = json!({ "deploy_on_build": false });
    let alice = story.user("alice");
    story.host.run(alice.start("PATCH", WEB, Some(&off))).expect(200);
    story.push('c');
    story.build_succeeds(2);
    assert_eq!(asked(&story), 2);
}

#[test]
fn who_may_not_see_the_project_sees_no_previews() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.user("mallory").get(PREVIEWS).expect(404);
    story.member("bob", "viewer");
    let list = story.user("bob").get(PREVIEWS).expect(200);
    assert_eq!(list["previews"][0]["pull_request"], 7);
    assert_eq!((&list["limit"], &list["days"]), (&json!(10), &json!(7)));
    story.user("bob").get("/api/v1/projects/1/services/other/previews").expect(404);
}

/// What is sent to GitHub for the second push, and how often the store is read and written.
fn cost_of_a_push(story: &Story) -> (Vec<String>, Vec<u32>) {
    story.push('d');
    story.head('c');
    let event = story.event('c');
    let (before, lines) =
        (story.host.sent_urls().len(), story.host.logged_numbers("kv_reads").len());
    story.process(event);
    let mut numbers = story.host.logged_numbers("kv_reads").split_off(lines);
    numbers.extend(story.host.logged_numbers("kv_writes").split_off(lines));
    (story.host.sent_urls().split_off(before), numbers)
}

#[test]
fn a_push_costs_no_more_with_previews_and_a_pull_request_nothing_without() {
    let previews = Story::with_previews();
    let (urls_with, numbers_with) = cost_of_a_push(&previews);
    let without = Story::new();
    let (urls, numbers) = cost_of_a_push(&without);
    assert_eq!((urls_with.len(), numbers_with), (urls.len(), numbers));
    let before = without.host.sent_urls().len();
    assert_eq!(without.process(without.pull_event(7)).status, 204);
    assert_eq!(without.host.sent_urls().len(), before);
    assert!(!without.host.stored().keys().any(|key| key.contains("pull-request/")));
}

#[test]
fn an_event_asks_once_about_the_pull_request() {
    let story = Story::with_previews();
    let asked = |story: &Story| {
        let urls = story.host.sent_urls();
        urls.iter().filter(|url| url.contains("/pulls")).count()
    };
    story.pulled(&pull(7, 'b'));
    assert_eq!(asked(&story), 1);
    story.pulled(&pull(7, 'c'));
    assert_eq!(asked(&story), 2);
    story.open(&[pull(7, 'c')]);
    story.user("alice").get(WEB).expect(200);
    assert_eq!(asked(&story), 3, "the list, in which nothing is new");
}
