//! Builds of pushes are deployed by themselves, and nobody's decision is undone by that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/pushes.rs"]
mod pushes;
#[path = "support/story.rs"]
mod story;
mod support;

use nokube_domain::{
    deployments::{AutomaticDeploymentState, AutomaticDeployments},
    github_deployments::GitHubDeploymentRecord,
};
use nokube_edge::{
    automatic::shown,
    pushes::LinkedService,
    services::deployment_of,
    store::{Store, keys},
};
use pushes::{Pushes, name};
use serde_json::{Value, json};
use support::CLUSTER;

/// What is shown of it on the page of the service.
fn what_is_shown(story: &Pushes) -> AutomaticDeployments {
    let project = story.project;
    story.host.run(async move {
        let store = Store::open().await.unwrap();
        let service = LinkedService::find(&store, project, &name()).await.unwrap().unwrap();
        shown(&store, &service).await.unwrap()
    })
}

fn audit(story: &Pushes) -> Vec<(String, String)> {
    let stored = story.host.stored();
    let entries = stored.iter().filter(|(key, _)| key.starts_with("e/p/"));
    let entries = entries.map(|(_, entry)| serde_json::from_str::<Value>(entry).unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries.map(|entry| (text(&entry["action"]), text(&entry["by"]["via"]))).collect()
}

fn deploy_action(number: u32) -> (u32, String) {
    (number, "deploy".into())
}

#[test]
fn a_build_is_deployed_as_the_last_one_was_and_once() {
    let story = Pushes::deployed();
    story.pods_run();
    story.push(2);
    assert!(story.look(), "nothing is left to ask for");
    assert_eq!((story.deploys(), story.applied()), (deploy_action(2), 2));
    let newest = story.newest();
    assert_eq!((&newest["by"], &newest["person"]["subject"]), (&json!("alice"), &json!("alice")));
    assert_eq!(newest["wish"]["run"]["release"]["spec"]["replicas"], 1, "as Alice has deployed it");
    let by_push = audit(&story).into_iter().filter(|(_, via)| via == "push");
    assert_eq!(by_push.map(|(action, _)| action).collect::<Vec<_>>(), ["deployment.deploy"]);
    assert_eq!(story.items(), 1, "its rollout is followed");
    story.pods_run();
    story.wait(20);
    assert_eq!(story.items(), 0, "it runs");
    let revisions = story.revisions().len();
    assert!(story.look());
    story.reconcile();
    assert_eq!(story.revisions().len(), revisions);
    let view = story.read();
    assert_eq!((&view["automatic"], &view["automation_paused"]), (&json!(true), &json!(null)));
}

#[test]
fn github_hears_of_it_and_the_work_stays_until_it_has() {
    let story = Pushes::deployed();
    story.pods_run();
    story.reports_are_done(false);
    story.push(2);
    story.look();
    story.pods_run();
    story.wait(30);
    assert_eq!(story.items(), 1);
    story.reports_are_done(true);
    story.reconcile();
    assert_eq!(story.items(), 0);
}

/// Hours later a node fails.
#[test]
fn what_has_run_is_not_undone_while_github_takes_no_report() {
    let story = Pushes::deployed();
    story.pods_run();
    story.reports_are_done(false);
    story.push(2);
    story.look();
    story.pods_run();
    story.reconcile();
    story.pods_fail();
    for _ in 0..3 {
        story.wait(3_600);
        story.reconcile();
        story.read();
    }
    assert_eq!((story.items(), story.deploys()), (1, deploy_action(2)));
}

#[test]
fn only_the_build_of_the_newest_push_is_deployed() {
    let story = Pushes::deployed();
    story.push(2);
    story.push_unbuilt();
    assert!(story.look());
    assert_eq!(story.deploys().0, 1);
    story.build(3, "failed");
    assert!(story.look());
    assert_eq!(story.deploys().0, 1);
    story.push(4);
    assert!(story.look());
    assert_eq!((story.deploys(), story.applied()), (deploy_action(4), 4));
}

#[test]
fn a_rollback_stays_until_somebody_resumes() {
    let story = Pushes::deployed();
    story.push(2);
    story.look();
    story.pods_run();
    story.act("rollback").expect(202);
    story.push(3);
    assert!(story.look());
    story.reconcile();
    assert_eq!((story.deploys(), story.applied()), ((1, "rollback".into()), 1));
    let paused = story.read()["automation_paused"].clone();
    assert_eq!((&paused["by"], &paused["cause"]), (&json!("alice"), &json!("rollback")));
    let shown = what_is_shown(&story);
    assert_eq!(shown.state, AutomaticDeploymentState::Paused);
    assert_eq!(shown.paused.unwrap().by.as_str(), "alice");
    // Whatever else she does.
    story.act("restart").expect(202);
    story.look();
    assert_eq!(story.deploys().0, 1);

    story.act("resume").expect(202);
    story.wait(5);
    assert_eq!((story.deploys(), story.applied()), (deploy_action(3), 3));
    assert_eq!(story.act("resume").expect(409)["reason"], "not_paused");
    assert_eq!(what_is_shown(&story).state, AutomaticDeploymentState::Active);
}

/// They have gone back from it: the next build is another one.
#[test]
fn a_build_that_was_rolled_back_is_not_deployed_again_by_a_resume() {
    let story = Pushes::deployed();
    story.push(2);
    story.look();
    story.pods_run();
    story.act("rollback").expect(202);
    story.act("resume").expect(202);
    story.wait(5);
    assert_eq!((story.deploys(), story.applied()), ((1, "resume".into()), 1));
    story.push(3);
    story.look();
    assert_eq!(story.deploys(), deploy_action(3));
}

#[test]
fn a_stop_stays_and_the_next_build_after_a_resume_starts_it() {
    let story = Pushes::deployed();
    story.act("stop").expect(202);
    story.push(2);
    story.look();
    assert_eq!(story.deploys(), (1, "stop".into()));
    story.act("start").expect(202);
    story.look();
    assert_eq!(story.deploys(), (1, "start".into()), "she has only started it");
    story.act("stop").expect(202);
    story.act("resume").expect(202);
    story.wait(5);
    assert_eq!(story.deploys(), deploy_action(2));
    assert_eq!(story.newest()["wish"]["run"]["stopped"], false);
}

#[test]
fn what_somebody_has_deleted_is_not_deployed_again() {
    let story = Pushes::deployed();
    story.delete();
    story.push(2);
    assert!(story.look());
    assert_eq!(story.newest()["cause"], "delete");
    assert_eq!(what_is_shown(&story).state, AutomaticDeploymentState::Deleted);
    story.deploy(1).expect(202);
    story.look();
    assert_eq!(story.deploys(), deploy_action(2));
}

/// Nobody reads it: only `reconcile` looks.
#[test]
fn a_failed_build_is_undone_by_reconcile_alone() {
    let story = Pushes::deployed();
    story.pods_run();
    story.push(2);
    story.look();
    story.wait(60);
    assert_eq!(story.deploys(), deploy_action(2), "it is still being rolled out");
    story.pods_fail();
    story.reconcile();
    assert_eq!((story.deploys(), story.applied()), ((1, "restore".into()), 1));
    for _ in 0..3 {
        story.pods_fail();
        story.wait(61);
        story.reconcile();
        assert!(story.look());
    }
    assert_eq!(story.deploys(), (1, "restore".into()), "once, and the build is not tried again");
    let view = story.read();
    let warning = view["warnings"][0].as_str().unwrap();
    assert!(warning.contains(&story.build_id(2).to_string()), "{warning}");
    let problem = what_is_shown(&story).problem.unwrap();
    assert_eq!(problem.build_id, story.build_id(2));
    // The next one is.
    story.push(3);
    story.look();
    assert_eq!(story.deploys(), deploy_action(3));
    assert!(what_is_shown(&story).problem.is_none());
}

/// Its configuration was saved since the release that runs.
#[test]
fn a_failed_build_takes_its_configuration_with_it() {
    let story = Pushes::deployed();
    story.pods_run();
    let path = format!("/api/v1/projects/{}/services/frontend/deployment", story.project);
    let saved = json!({ "exposure_type": "none", "replicas": 1, "env_vars": { "COLOUR": "red" } });
    story.alice.put(&path, &saved).expect(201);
    story.push(2);
    story.look();
    let variables = || story.newest()["wish"]["run"]["release"]["spec"]["variables"].clone();
    assert_eq!(variables(), json!({ "COLOUR": "red" }));
    story.pods_fail();
    story.wait(30);
    assert_eq!((story.deploys(), variables()), ((1, "restore".into()), json!({})));
}

#[test]
fn after_two_bad_builds_the_last_one_that_ran_comes_back() {
    let story = Pushes::deployed();
    story.pods_run();
    for number in [2, 3] {
        story.push(number);
        story.look();
    }
    story.pods_fail();
    story.wait(61);
    story.reconcile();
    story.reconcile();
    assert_eq!((story.deploys(), story.applied()), ((1, "restore".into()), 1));
}

#[test]
fn a_stop_while_a_build_fails_is_not_undone() {
    let story = Pushes::deployed();
    story.push(2);
    story.look();
    story.act("stop").expect(202);
    story.pods_fail();
    story.wait(61);
    story.reconcile();
    story.reconcile();
    assert_eq!(story.deploys(), (2, "stop".into()));
}

#[test]
fn an_image_that_is_no_build_of_the_service_is_never_replaced() {
    let story = Pushes::new();
    let request = json!({
        "project_id": story.project, "project_name": "myapp", "username": "alice",
        "service_name": "frontend", "image_name": "docker.io/library/nginx:1.29",
    });
    story.alice.post("/api/v1/deploy", &request).expect(202);
    let path = format!("/api/v1/projects/{}/services/frontend/deployment", story.project);
    story.alice.put(&path, &json!({})).expect(201);
    story.push(2);
    assert!(story.look());
    assert_eq!(story.revisions().len(), 1);
    assert_eq!(what_is_shown(&story).state, AutomaticDeploymentState::OtherImage);
}

#[test]
fn a_build_that_another_image_replaces_is_reported_as_replaced() {
    let story = Pushes::deployed();
    story.pods_run();
    story.reconcile();
    let project = story.project;
    story.store(async move |store| {
        let shown = GitHubDeploymentRecord::default();
        let id = deployment_of(&store, project, &name()).await.unwrap().unwrap();
        store.set(keys::github_deployment(id), &shown).await.unwrap();
    });
    let reports = story.reports().len();
    let request = json!({
        "project_id": story.project, "project_name": "myapp", "username": "alice",
        "service_name": "frontend", "image_name": "docker.io/library/nginx:1.29",
    });
    story.alice.post("/api/v1/deploy", &request).expect(202);
    story.wait(20);
    assert!(story.reports().len() > reports);
}

#[test]
fn a_service_is_deployed_first_with_its_saved_configuration() {
    let story = Pushes::new();
    story.push(1);
    assert!(story.look());
    assert!(story.revisions().is_empty(), "nobody has said how");
    assert_eq!(what_is_shown(&story).state, AutomaticDeploymentState::NotConfigured);
    let path = format!("/api/v1/projects/{}/services/frontend/deployment", story.project);
    story.alice.put(&path, &json!({ "container_port": 8080, "replicas": 1 })).expect(201);
    story.look();
    assert_eq!(story.deploys(), deploy_action(1));
    let port = &story.newest()["wish"]["run"]["release"]["spec"];
    assert_eq!(port["container_port"], 8080, "{port}");
    // There is nothing to go back to.
    story.pods_fail();
    story.wait(61);
    story.reconcile();
    assert_eq!(story.deploys(), deploy_action(1));
}

#[test]
fn nothing_is_deployed_for_somebody_who_may_not_and_when_it_is_off() {
    let story = Pushes::deployed();
    story.push(2);
    story.switch(false);
    assert!(story.look());
    story.switch(true);
    story.block_alice();
    assert!(story.look());
    assert_eq!(story.deploys().0, 1);
}

#[test]
fn what_is_rejected_is_shown_and_not_tried_again_and_again() {
    let story = Pushes::deployed();
    let namespace = json!({ "metadata": {
        "name": "nk-alice-myapp", "uid": "u", "resourceVersion": "1",
        "labels": { "app.kubernetes.io/managed-by": "somebody" },
    }});
    let url = format!("{CLUSTER}/api/v1/namespaces/nk-alice-myapp");
    story.host.respond("GET", &url, 200, &namespace);
    story.push(2);
    assert!(story.look());
    assert_eq!(story.deploys().0, 1);
    let problem = what_is_shown(&story).problem.unwrap();
    assert_eq!(problem.build_id, story.build_id(2));
    assert!(problem.message.contains("belongs to another owner"), "{}", problem.message);
    let before = story.host.sent_urls().len();
    assert!(story.look());
    assert_eq!(story.host.sent_urls().len(), before, "the cluster is not asked again");
}

#[test]
fn while_the_cluster_is_away_it_is_asked_again_later() {
    let story = Pushes::deployed();
    story.push(2);
    story.host.respond("GET", CLUSTER, 503, &json!({}));
    let look = story.host.anybody(deploy::ROUTES).post(&story.look_path(), &json!(null));
    assert_eq!(look.status, 503, "{}", look.text);
    story.host.respond("GET", CLUSTER, 404, &support::not_found());
    story.wait(1);
    assert!(!story.look(), "another request may be deploying it");
    story.wait(61);
    assert!(story.look());
    assert_eq!(story.deploys(), deploy_action(2));
}
