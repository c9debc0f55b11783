//! Previews of pull requests: what they get, and that they take nothing from the project's services.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/previews.rs"]
mod previews;
#[path = "support/pushes.rs"]
mod pushes;
#[path = "support/story.rs"]
mod story;
mod support;

use previews::{NAMESPACE, Previews};
use serde_json::{Value, json};
use support::{CLUSTER, not_found};

const DEPLOYMENT: &str = "apps/v1#deployments/pr-7-frontend";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn a_pull_request_has_a_preview_from_its_first_build_until_it_is_closed() {
    let story = Previews::new();
    story.build(1, "building");
    assert!(story.look(), "it is asked again when the build has ended");
    assert_eq!(story.deployed(), None);

    story.push(2);
    story.settle();
    assert_eq!(story.deployed(), Some(2));
    let workload = story.applied(DEPLOYMENT).pop().unwrap();
    assert_eq!(workload["spec"]["replicas"], 1);
    let variables = story.applied("v1#configmaps/pr-7-frontend-env-").pop().unwrap();
    let url = "http://frontend-myapp---pr7-alice.apps.example.org";
    assert_eq!(variables["data"], json!({ "PR_NUMBER": "7", "PREVIEW_URL": url }));
    let ingress = story.applied("networking.k8s.io/v1#ingresses/pr-7-frontend").pop().unwrap();
    assert_eq!(ingress["spec"]["rules"][0]["host"], "frontend-myapp---pr7-alice.apps.example.org");
    assert_eq!(story.changes_of_production(), [""; 0], "nothing there was changed");
    let view = story.pushes.alice.get(&story.path()).expect(200);
    assert_eq!(view["preview"], json!({ "service_name": "frontend", "pull_request": 7 }));
    assert_eq!((text(&view["access_url"]), &view["automatic"]), (url, &json!(true)));
    let list = format!("/api/v1/projects/{}/deployments", story.pushes.project);
    let list = story.pushes.alice.get(&list).expect(200);
    assert_eq!(list["deployments"], json!([]), "it is none of the project's services");

    story.push(3);
    story.settle();
    assert_eq!(story.deployed(), Some(3));
    let revisions = story.revisions().len();
    story.settle();
    assert_eq!(story.revisions().len(), revisions, "each build is deployed once");

    story.has_namespace();
    story.finding("closed", false);
    story.settle();
    assert_eq!(story.deployed(), None);
    assert_eq!(story.namespace_deletions(), 1);
    story.pushes.alice.get(&story.path()).expect(404);
    assert_eq!(story.pushes.items(), 0);
}

#[test]
fn a_reopened_pull_request_gets_its_preview_again() {
    let story = Previews::new();
    story.push(1);
    story.settle();
    let path = story.path();
    story.finding("closed", false);
    story.settle();
    assert_eq!(story.deployed(), None);
    story.finding("affected", true);
    story.settle();
    assert_eq!((story.deployed(), story.path()), (Some(1), path), "with the same id");
}

#[test]
fn only_the_marked_secrets_are_copied() {
    let story = Previews::new();
    // "for previews", "for production".
    story
        .has_saved_secrets(&json!({ "SHARED": "Zm9yIHByZXZpZXdz", "OWN": "Zm9yIHByb2R1Y3Rpb24=" }));
    story.switch(&json!({ "mode": "deploy", "secrets": ["SHARED", "NOT_SAVED"] }));
    story.push(1);
    story.settle();
    let secrets = story.applied("v1#secrets/pr-7-frontend-secret-");
    assert_eq!(secrets.last().unwrap()["data"], json!({ "SHARED": "Zm9yIHByZXZpZXdz" }));
    let newest = story.revisions().pop().unwrap();
    assert_eq!(newest["wish"]["run"]["release"]["secrets"], json!(["SHARED"]));
    let sent = story.pushes.host.sent("PATCH", &format!("{CLUSTER}/"));
    assert!(sent.iter().all(|body| !body.contains("Zm9yIHByb2R1Y3Rpb24=")), "it never left");
    for (key, record) in story.pushes.host.stored() {
        assert!(!record.contains("for previews") && !record.contains("Zm9yIHByZXZ"), "{key}");
    }
}

#[test]
fn previews_have_a_quota_of_their_own_and_take_no_places_of_services() {
    let story = Previews::with(&[
        ("max_services_per_project", "1"),
        ("max_services_per_person", "1"),
        ("limit_previews", "4"),
    ]);
    story.pushes.push(9);
    story.pushes.deploy(9).expect(202);
    story.push(1);
    story.settle();
    assert_eq!(story.deployed(), Some(1));
    let quota = story.applied("v1#resourcequotas/nokube").pop().unwrap();
    let hard = &quota["spec"]["hard"];
    assert_eq!(
        (text(&hard["count/deployments.apps"]), text(&hard["persistentvolumeclaims"])),
        ("4", "0")
    );
    let default =
        story.applied("networking.k8s.io/v1#networkpolicies/nokube.default").pop().unwrap();
    assert_eq!(default["spec"]["ingress"][0]["from"], json!([{ "podSelector": {} }]));
}

/// Nothing is taken from a service, and nobody but people changes it.
#[test]
fn without_a_saved_configuration_it_is_that_of_what_runs() {
    let story = Previews::new();
    story.pushes.alice.delete(&format!("{}/deployment", story.service())).expect(204);
    story.push(1);
    assert!(story.look());
    assert_eq!(story.deployed(), None, "there is nothing to deploy it with");
    story.pushes.push(9);
    story.pushes.deploy(9).expect(202);
    let before = story.changes_of_production().len();
    story.settle();
    assert_eq!(story.deployed(), Some(1));
    assert!(story.applied("networking.k8s.io/v1#ingresses/").is_empty(), "it is exposed to nobody");
    assert_eq!(story.changes_of_production().len(), before);
}

#[test]
fn what_a_person_has_stopped_or_deleted_comes_back_with_the_next_push() {
    let story = Previews::new();
    story.push(1);
    story.settle();
    story.act("rollback").expect(409);
    story.act("restart").expect(202);
    story.act("stop").expect(202);
    story.settle();
    assert_eq!(story.revisions().pop().unwrap()["wish"]["run"]["stopped"], true);
    story.push(2);
    story.settle();
    let newest = story.revisions().pop().unwrap();
    assert_eq!((story.deployed(), &newest["wish"]["run"]["stopped"]), (Some(2), &json!(false)));
    assert!(newest["wish"]["run"].get("automation_paused").is_none());

    story.pushes.alice.delete(&story.path()).expect(204);
    story.settle();
    assert_eq!(story.deployed(), None);
    story.finding("affected", true);
    story.settle();
    assert_eq!(story.deployed(), None, "it was looked at again, but nothing was pushed");
    story.push(3);
    story.settle();
    assert_eq!(story.deployed(), Some(3));
}

#[test]
fn a_preview_ends_when_its_switch_its_service_or_its_place_is_gone() {
    let build_only = json!({ "mode": "build" });
    let ends = ["off", "only built", "removed", "expired", "base_branch_not_chosen", "no place"];
    for what in ends {
        let story = Previews::new();
        story.push(1);
        story.settle();
        assert_eq!(story.deployed(), Some(1), "{what}");
        match what {
            "off" => story.switch(&Value::Null),
            "only built" => story.switch(&build_only),
            "removed" => story.remove_service(),
            "no place" => story.finding("affected", false),
            outcome => story.finding(outcome, false),
        }
        story.settle();
        assert_eq!(story.deployed(), None, "{what}");
        assert_eq!(story.pushes.items(), 0, "{what}");
    }
}

#[test]
fn a_draft_or_somebody_without_rights_changes_nothing_that_is_deployed() {
    for problem in ["draft", "approval_required", "not_a_member", "confirmation_required"] {
        let story = Previews::new();
        story.push(1);
        story.settle();
        story.finding(problem, true);
        story.settle();
        assert_eq!((story.deployed(), story.revisions().len()), (Some(1), 1), "{problem}");
    }
    let story = Previews::new();
    story.push(1);
    story.pushes.block_alice();
    story.settle();
    assert_eq!(story.deployed(), None, "the responsible person is blocked");
}

#[test]
fn a_preview_without_a_place_is_not_deployed() {
    let story = Previews::new();
    story.push(1);
    story.finding("too_many_previews", false);
    story.settle();
    assert_eq!(story.deployed(), None);
}

#[test]
fn a_namespace_that_is_being_deleted_is_waited_for() {
    let story = Previews::new();
    story.push(1);
    story.settle();
    story.has_namespace();
    story.finding("closed", false);
    story.settle();
    let url = format!("{CLUSTER}/api/v1/namespaces/{NAMESPACE}");
    let sent = story.pushes.host.sent("PATCH", &url);
    let mut terminating: Value = serde_json::from_str(sent.first().unwrap()).unwrap();
    terminating["metadata"]["uid"] = "u".into();
    terminating["metadata"]["deletionTimestamp"] = "2026-11-29T00:00:00Z".into();
    story.pushes.host.respond("GET", &url, 200, &terminating);
    story.finding("affected", true);
    let look = story.pushes.host.anybody(deploy::ROUTES).post(&story.look_path(), &json!(null));
    assert_eq!(look.status, 409, "{}", look.text);
    assert_eq!(story.deployed(), None);
    story.pushes.host.respond("GET", &url, 404, &not_found());
    story.pushes.wait(61);
    story.settle();
    assert_eq!(story.deployed(), Some(1));
}
