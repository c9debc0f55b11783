//! For whom deployments are shown, and what happens if GitHub takes none.

use crate::story::{API, DEPLOYMENTS, Story, TOKENS};
use nokube_edge::store::{Store, WindowName};
use serde_json::json;

fn running() -> Story {
    let mut story = Story::new();
    story.deploy('a');
    story.observe("running");
    story
}

#[test]
fn nothing_is_shown_for_somebody_who_may_not_push() {
    let story = running();
    story.permission("read");
    assert!(story.report() && story.report());
    assert!(story.sent().is_empty());
    assert_eq!(story.record()["problem"][0], "no_push_permission");
    story.permission("write");
    story.host.wait(3700);
    assert!(story.report());
    assert_eq!(story.sent(), ["create shop/web", "71 success"]);
    assert_eq!(story.record().get("problem"), None);
}

/// What GitHub shows ends also without the permission: it would stay for ever.
#[test]
fn a_deployment_ends_although_its_person_may_not_push_any_more() {
    let mut story = running();
    assert!(story.report());
    story.permission("none");
    story.host.wait(25 * 3600);
    story.deploy('b');
    assert!(story.report());
    assert_eq!(story.sent().len(), 2, "the new one is not shown");
    story.delete();
    assert!(story.report());
    assert_eq!(story.sent()[2..], ["71 inactive"]);
}

#[test]
fn an_installation_without_the_permission_is_waited_for() {
    let refusals = [
        (TOKENS, 422, "The permissions requested are not granted to this installation."),
        (DEPLOYMENTS, 403, "Resource not accessible by integration"),
    ];
    for (url, status, message) in refusals {
        let story = running();
        story.may_push();
        story.host.respond("POST", url, status, &json!({ "message": message }));
        assert!(story.report(), "nothing waits for it");
        assert_eq!(story.record()["problem"][0], "waiting_for_approval");
        let asked = story.host.sent("POST", url).len();
        assert!(story.report());
        assert_eq!(story.host.sent("POST", url).len(), asked, "it is not asked again at once");
        let token = json!({ "token": "sentinel", "expires_at": "2099-01-01T00:00:00Z" });
        story.host.respond("POST", TOKENS, 201, &token);
        story.next_id(71);
        story.host.wait(700);
        assert!(story.report());
        assert!(story.sent().ends_with(&["create shop/web".into(), "71 success".into()]));
    }
}

#[test]
fn without_an_installation_or_an_app_nothing_is_asked_for_again() {
    let story = running();
    let gone = format!("{API}/repositories/42/installation");
    story.host.respond("GET", &gone, 404, &json!({ "message": "Not Found" }));
    assert!(story.report());
    assert!(story.sent().is_empty());
}

#[test]
fn a_commit_that_github_does_not_know_is_left_alone() {
    let story = running();
    let unknown = json!({ "message": "No ref found for: aaaa" });
    story.host.respond("POST", DEPLOYMENTS, 422, &unknown);
    assert!(story.report() && story.report());
    assert_eq!(story.sent(), ["create shop/web"]);
}

#[test]
fn githubs_limit_and_the_platforms_own_are_respected() {
    let mut story = running();
    let limited = json!({ "message": "You have exceeded a secondary rate limit" });
    story.host.respond_with("POST", DEPLOYMENTS, 403, &[("retry-after", "300")], &limited);
    assert!(!story.report(), "it is due again later");
    let sent = story.sent().len();
    story.next_id(71);
    story.host.wait(100);
    assert!(!story.report());
    assert_eq!(story.sent().len(), sent, "not before GitHub says");
    story.host.wait(250);
    assert!(story.report());
    assert_eq!(story.sent()[sent..], ["create shop/web", "71 success"]);

    story.deploy('b');
    let now = story.host.run(async { nokube_edge::now() });
    story.host.wait(u64::try_from(60 - now.as_second().rem_euclid(60)).unwrap());
    story.host.run(async {
        let store = Store::open().await.unwrap();
        let start = nokube_edge::now().as_second();
        for _ in 0..60 {
            let name = WindowName::statuses_per_minute(2);
            assert!(store.count_in_window(&name, start, 60).await.unwrap());
        }
    });
    assert!(!story.report(), "commit statuses count too");
    assert_eq!(story.sent().len(), sent + 2);
    story.host.wait(60);
    assert!(story.report());
    assert_eq!(story.sent().len(), sent + 4);
}
