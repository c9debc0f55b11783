//! Requests at the same time, and interrupted ones.

use crate::story::{DEPLOYMENTS, Story};
use builds::ROUTES;
use futures::future::{join, join_all};
use nokube_test_host::StoreFault;
use serde_json::json;
use std::time::Duration;

#[test]
fn of_several_that_report_at_once_one_sends() {
    for delay in [0, 1] {
        let mut story = Story::new();
        story.deploy('a');
        story.observe("running");
        story.host.respond_after(Duration::from_secs(delay));
        let path = format!("/internal/deployments/{}", story.deployment);
        let anybody = story.host.anybody(ROUTES);
        let asked: Vec<_> =
            (0..5).map(|_| anybody.start("POST", &path, Some(&json!({})))).collect();
        story.host.run(join_all(asked));
        story.host.respond_after(Duration::ZERO);
        story.host.wait(70);
        assert!(story.report());
        assert_eq!(story.sent(), ["create shop/web", "71 success"]);
    }
}

#[test]
fn what_happens_while_it_is_sent_is_sent_too() {
    let mut story = Story::new();
    story.deploy('a');
    story.host.respond_to_after(DEPLOYMENTS, Duration::from_secs(10));
    let path = format!("/internal/deployments/{}", story.deployment);
    let asked = story.host.anybody(ROUTES).start("POST", &path, Some(&json!({})));
    let deletion = story.deletion();
    let deletion = async {
        nokube_edge::sleep(Duration::from_secs(5)).await;
        deletion.await
    };
    let (response, _) = story.host.run(join(asked, deletion));
    assert_eq!(response.expect(200)["done"], true);
    assert_eq!(story.sent(), ["create shop/web", "71 inactive"]);
}

/// GitHub has created it, and the platform was interrupted before it knew so.
#[test]
fn a_deployment_whose_creation_was_interrupted_is_found_and_not_created_again() {
    let mut story = Story::new();
    story.deploy('a');
    story.observe("running");
    story.host.respond("POST", DEPLOYMENTS, 502, &json!({}));
    assert!(!story.report());
    assert!(!story.report(), "another request may be creating it");
    let created = story.sent().len();
    let description = format!("Revision 1 of {}", story.deployment);
    assert_eq!(story.last_body()["description"], description.as_str());
    let others = json!([{ "id": 60, "description": "" }, { "id": 70, "description": description }]);
    story.host.respond("GET", DEPLOYMENTS, 200, &others);
    story.next_id(71);
    story.host.wait(70);
    assert!(story.report());
    assert_eq!(story.sent()[created..], ["70 success"]);
}

#[test]
fn an_interruption_anywhere_is_made_up_for() {
    for writes in 0.. {
        let mut story = Story::new();
        story.deploy('a');
        story.observe("running");
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let path = format!("/internal/deployments/{}", story.deployment);
        let interrupted = story.host.anybody(ROUTES).post(&path, &json!({}));
        story.host.store_works();
        let created = story.sent().iter().filter(|sent| sent.starts_with("create")).count();
        if created > 0 {
            let description = format!("Revision 1 of {}", story.deployment);
            let listed = json!([{ "id": 71, "description": description }]);
            story.host.respond("GET", DEPLOYMENTS, 200, &listed);
        }
        story.host.wait(130);
        assert!(story.report(), "after {writes} writes: {:?}", story.record());
        let sent = story.sent();
        let creations = sent.iter().filter(|sent| sent.starts_with("create")).count();
        assert_eq!((creations, sent.last().unwrap().as_str()), (1, "71 success"), "{sent:?}");
        let is_done = interrupted.status == 200
            && serde_json::from_str::<serde_json::Value>(&interrupted.text).unwrap()["done"]
                == true;
        if is_done {
            assert!(writes > 4);
            return;
        }
        assert!(writes < 60);
    }
}

#[test]
fn github_that_does_not_answer_is_no_error() {
    let mut story = Story::new();
    story.deploy('a');
    story.host.respond("POST", DEPLOYMENTS, 500, &json!({}));
    assert!(!story.report());
    story.next_id(71);
    story.host.wait(70);
    assert!(story.report());
    assert!(story.sent().ends_with(&["create shop/web".into(), "71 in_progress".into()]));
}
