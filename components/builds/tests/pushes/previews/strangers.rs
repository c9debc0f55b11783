//! What somebody can cause who may only open pull requests, or has less than a developer's credentials.

use super::{PREVIEWS, closed, from_fork, pull};
use crate::story::{SHOP, Story, WEB, source};
use nokube_domain::{
    Person,
    access::GitHubIdentity,
    scope::Scopes,
    session::{BearerToken, Identity, Purpose, SigningKeys},
};
use nokube_test_host::{Client, PLATFORM_URL, Response, SESSION_SECRET};
use serde_json::{Value, json};

/// How often GitHub was asked about a pull request.
fn asked(story: &Story, number: u32) -> usize {
    let url = format!("{}/pulls/{number}", SHOP[1]);
    story.host.sent_urls().iter().filter(|sent| **sent == url).count()
}

/// Alice's program, which may only build.
fn program(story: &Story) -> Client {
    let identity = Identity {
        person: Person { issuer: "nokube".into(), subject: "alice".into() },
        login: "alice".parse().unwrap(),
        github_identity: GitHubIdentity::Login,
        github_membership: None,
    };
    let second = story.host.run(async { nokube_edge::now() }).as_second();
    let keys = SigningKeys { issuer: PLATFORM_URL, secret: SESSION_SECRET, previous_secret: "" };
    let token = BearerToken { identity, scopes: Scopes::parse_subset("build").unwrap() };
    let token = keys.sign(Purpose::Bearer, &token, second, second + 600).unwrap();
    story.host.anybody(builds::ROUTES).with_header("authorization", &format!("Bearer {token}"))
}

fn patch(story: &Story, change: &Value) -> Response {
    story.host.run(program(story).start("PATCH", WEB, Some(change)))
}

#[test]
fn a_flood_of_events_does_not_use_up_what_github_answers() {
    let story = Story::with_previews();
    story.pull(&from_fork(7, 'b'));
    for _ in 0..100 {
        story.process(story.pull_event(7));
    }
    let before = asked(&story, 7);
    let kept = story.pull_event(7);
    assert_eq!(story.process(kept).status, 202);
    for _ in 0..10 {
        assert_eq!(story.process(story.pull_event(7)).status, 204);
    }
    // A run of `reconcile` in the same minutes.
    story.host.wait(6);
    assert_eq!(story.process(kept).status, 202);
    assert_eq!(asked(&story, 7), before);
    // The last push is found nevertheless.
    story.pull(&from_fork(7, 'c'));
    story.host.wait(601);
    assert_eq!(story.process(kept).status, 204);
    assert_eq!(story.preview(7)["commit"]["sha"], crate::story::sha('c'));
}

#[test]
fn a_pull_request_that_cannot_be_looked_at_keeps_no_other_one_from_ending() {
    let story = Story::with_previews();
    story.pulled(&pull(8, 'c'));
    story.deployed(8);
    // Both events are lost.
    story.pull(&closed(8, 'c'));
    story.pull(&from_fork(7, 'b'));
    story.open(&[from_fork(7, 'b')]);
    for at in SHOP {
        let head = format!("{at}/commits/{}", crate::story::sha('b'));
        story.host.respond("GET", &head, 502, &json!({ "message": "Server Error" }));
    }
    assert_eq!(story.state(8), ("ended".into(), "closed".into()));
    assert_eq!(story.asked_to_deploy(), ["8"]);
}

#[test]
fn pull_requests_with_long_texts_keep_no_preview_from_ending() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.pull(&closed(7, 'b'));
    story.open(&[]);
    for at in SHOP {
        let list = format!("{at}/pulls?state=open&sort=updated&direction=desc&per_page=100");
        let text = "x".repeat(9 * 1024 * 1024);
        story.host.respond("GET", &list, 200, &json!([{ "number": 8, "body": text }]));
    }
    assert_eq!(story.state(7), ("ended".into(), "closed".into()));
}

#[test]
fn statuses_of_pull_requests_leave_some_for_pushes() {
    let story = Story::with_previews();
    let digits = "0123456789abcdef".chars();
    let commits = digits.clone().flat_map(|one| digits.clone().map(move |other| (one, other)));
    for (one, other) in commits.take(220) {
        let commit = format!("{one}{other}").repeat(20);
        let head = [("/head/sha", json!(commit))];
        story.pull(&super::with(from_fork(7, 'b'), &head));
        let compared = json!({ "status": "ahead", "files": [{ "filename": "docs/readme.md" }] });
        for at in SHOP {
            story.host.respond("GET", &format!("{at}/compare/"), 200, &compared);
        }
        story.process(story.pull_event(7));
        story.host.wait(7);
    }
    let statuses = |commit: &str| {
        let url = format!("{}/statuses/{commit}", SHOP[0]);
        story.host.sent("POST", &url).len()
    };
    assert_eq!(statuses(""), 200);
    story.push('e');
    assert_eq!(statuses(&crate::story::sha('e')), 1);
}

#[test]
fn builds_of_previews_leave_a_place_for_the_service() {
    let story = Story::with_previews_and(&[("max_running_builds_per_person", "3")]);
    for (number, head) in [(6, 'b'), (7, 'c'), (8, 'd'), (9, 'f')] {
        story.pulled(&pull(number, head));
    }
    assert_eq!((story.built().as_str(), story.dispatches()), ("bcdf", 2));
    story.push('e');
    assert_eq!(story.dispatches(), 3);
    // Also if they have waited for longer.
    story.push('1');
    assert_eq!(story.dispatches(), 3);
    story.build_ends(5, "cancelled");
    assert_eq!(story.dispatches(), 4);
    assert_eq!(story.build(6)["commit"], crate::story::sha('1'));
}

#[test]
fn a_token_that_may_only_build_has_nothing_deployed() {
    let story = Story::with_previews();
    story.pulled(&from_fork(7, 'b'));
    let program = program(&story);
    for switch in [json!({ "deploy_on_build": true }), json!({ "previews": "deploy" })] {
        patch(&story, &switch).expect(403);
    }
    // Nor has it something else deployed.
    patch(&story, &json!({ "branch": "other" })).expect(403);
    let approval = json!({ "commit_sha": crate::story::sha('b') });
    program.post(&format!("{PREVIEWS}/7/approve"), &approval).expect(403);
    assert_eq!(story.built(), "");
    patch(&story, &json!({ "previews": "build" })).expect(200);
    program.post(&format!("{PREVIEWS}/7/approve"), &approval).expect(200);
    program.put(WEB, &source(true)).expect(200);
}

#[test]
fn what_was_found_before_previews_were_switched_off_says_nothing_when_they_are_on_again() {
    let story = Story::with_previews();
    story.pulled(&pull(7, 'b'));
    story.build_succeeds(1);
    let before = story.asked_to_deploy().len();
    story.set_previews("off");
    story.pull(&closed(7, 'b'));
    assert_eq!(story.process(story.pull_event(7)).status, 204);
    story.set_previews("deploy");
    story.host.run(nokube_edge::sleep(std::time::Duration::from_secs(1)));
    assert_eq!(story.asked_to_deploy().len(), before, "a closed pull request is deployed");
    assert!(story.find_preview(7).is_none());
}

#[test]
fn nothing_is_left_of_pull_requests_once_the_service_is_removed() {
    let story = Story::with_previews();
    story.pulled(&from_fork(7, 'b'));
    story.approve("alice", 7, 'b').expect(200);
    story.set_previews("off");
    story.user("alice").delete(WEB).expect(204);
    story.host.run(nokube_edge::sleep(std::time::Duration::from_secs(1)));
    let left = story.host.stored().into_keys().filter(|key| {
        ["preview-push/", "approved-commit/", "pull-request/"].iter().any(|it| key.starts_with(it))
    });
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new());
}
