//! The life of a service and of a preview, as GitHub shows it.

use crate::story::{SITE, Story, TOKENS, person, sha};
use nokube_domain::Person;
use serde_json::{Value, json};

#[test]
fn github_shows_what_is_deployed_from_its_beginning_to_its_end() {
    let mut story = Story::new();
    story.deploy('a');
    assert!(story.report());
    assert_eq!(story.sent(), ["create shop/web", "71 in_progress"]);
    let created: Value =
        serde_json::from_str(&story.host.sent("POST", crate::story::DEPLOYMENTS)[0]).unwrap();
    assert_eq!(
        (&created["ref"], &created["production_environment"]),
        (&json!(sha('a')), &json!(true))
    );
    let token: Value =
        serde_json::from_str(story.host.sent("POST", TOKENS).last().unwrap()).unwrap();
    let permissions = json!({ "deployments": "write", "metadata": "read" });
    assert_eq!((&token["permissions"], &token["repository_ids"]), (&permissions, &json!([42])));
    story.observe("running");
    assert!(story.report() && story.report());
    assert_eq!(story.sent()[2..], ["71 success"]);
    let body = story.last_body();
    assert_eq!((&body["environment_url"], &body["log_url"]), (&json!(SITE), &json!(story.page())));

    // A newer one: the earlier one ends when the newer one runs.
    story.deploy('b');
    story.next_id(72);
    assert!(story.report());
    story.observe("running");
    assert!(story.report());
    let sent = ["create shop/web", "72 in_progress", "72 success", "71 inactive"];
    assert_eq!(story.sent()[3..], sent);

    story.delete();
    assert!(story.report() && story.report());
    assert_eq!(story.sent()[7..], ["72 inactive"]);
    assert_eq!(story.last_body()["environment_url"], Value::Null);
}

#[test]
fn a_preview_is_an_environment_that_ceases_to_exist() {
    let mut story = Story::new();
    story.make_preview();
    story.deploy('a');
    story.observe("running");
    assert!(story.report());
    assert_eq!(story.sent(), ["create shop/web/pr-12", "71 success"]);
    // Its service was removed meanwhile.
    story.switch_builds_off();
    story.delete();
    assert!(story.report());
    assert_eq!(story.sent()[2..], ["71 inactive"]);
}

/// GitHub runs the workflows for deployments that the commit itself has, with the secrets of the repository.
#[test]
fn no_deployment_is_created_at_the_commit_of_a_fork() {
    let mut story = Story::new();
    story.make_preview();
    let build = story.build_of_fork('a');
    story.deploy_image(Some(build));
    story.observe("running");
    assert!(story.report());
    assert!(story.sent().is_empty());
}

#[test]
fn a_failed_deployment_is_shown_and_what_ran_before_goes_on() {
    let mut story = Story::new();
    story.deploy('a');
    story.observe("running");
    assert!(story.report());
    story.deploy('b');
    story.next_id(72);
    story.reject();
    assert!(story.report());
    assert_eq!(story.sent()[2..], ["create shop/web", "72 failure"]);
    story.revise("restart", false);
    story.observe("running");
    assert!(story.report());
    assert_eq!(story.sent()[4..], ["72 success", "71 inactive"], "it runs after all");
    story.revise("stop", true);
    assert!(story.report());
    assert_eq!(story.sent()[6..], ["72 inactive"]);
}

#[test]
fn a_project_that_is_gone_leaves_nothing_active() {
    let mut story = Story::new();
    story.deploy('a');
    story.observe("running");
    assert!(story.report());
    story.host.forget(&["p/", "m/", "service/"]);
    story.delete();
    assert!(story.report());
    assert_eq!(story.sent()[2..], ["71 inactive"]);
}

#[test]
fn what_is_not_built_from_the_services_repository_for_its_person_is_not_shown() {
    let mut story = Story::new();
    story.deploy_image(None);
    assert!(story.report());
    let stranger = Person { subject: "8".into(), ..person() };
    for build in [story.build_for('a', &stranger, 42), story.build_for('b', &person(), 43)] {
        story.deploy_image(Some(build));
        story.observe("running");
        assert!(story.report());
    }
    story.deploy('c');
    story.switch_builds_off();
    assert!(story.report());
    assert!(story.host.sent_urls().is_empty(), "{:?}", story.host.sent_urls());
    assert_eq!(story.record(), Value::Null);
}

#[test]
fn an_unknown_deployment_is_done() {
    let mut story = Story::new();
    assert!(story.report(), "it has no revision");
    story.deployment = nokube_domain::DeploymentId::new(story.project, 1, 18);
    assert!(story.report());
    assert!(story.host.sent_urls().is_empty());
}
