//! GitHub's responses are parsed.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

mod common;

use common::{id, response, time};
use nokube_domain::builds::{Conclusion, Phase, RunKey};
use nokube_github::responses::{
    Commit, Installation, InstallationToken, Permission, Repository, WorkflowRun, dispatched_run,
    jobs, parse, runs_of_build,
};
use serde_json::{Value, json};

fn ok(body: &Value) -> nokube_github::Response {
    response(200, &[], &body.to_string())
}

#[test]
fn the_response_to_a_dispatch_may_name_its_run() {
    let key = RunKey { run_id: 30, attempt: 1 };
    let named = json!({ "workflow_run_id": 30, "run_url": "https://x", "html_url": "https://y" });
    assert_eq!(dispatched_run(&ok(&named)), Some(key));
    for body in ["", "{}", "null", "<html>", "{\"workflow_run_id\":null}"] {
        assert_eq!(dispatched_run(&response(204, &[], body)), None, "{body}");
    }
}

#[test]
fn only_the_builds_own_runs_are_taken_from_a_list() {
    let run = |number: u64, title: Value| json!({ "id": number, "run_attempt": 1, "display_title": title, "status": "queued" });
    let other = nokube_domain::BuildId::new(nokube_domain::ProjectId(7), 4, 1);
    let runs = json!({ "total_count": 5, "workflow_runs": [
        run(1, json!(other.run_title())),
        run(2, json!(id().run_title())),
        run(3, json!(null)),
        run(4, json!("")),
        run(5, json!(id().run_title())),
    ] });
    let found = runs_of_build(&ok(&runs), id()).unwrap();
    assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), [2, 5]);
    assert!(runs_of_build(&ok(&json!({ "workflow_runs": [] })), id()).unwrap().is_empty());
    assert!(runs_of_build(&ok(&json!({ "message": "x" })), id()).is_err());
}

#[test]
fn the_last_change_of_an_ended_run_is_its_end() {
    let run = |status: &str, conclusion: Value| {
        let body = json!({
            "id": 30, "run_attempt": 3, "status": status, "conclusion": conclusion,
            "run_started_at": "2026-11-23T10:00:01Z", "updated_at": "2026-11-23T10:00:09Z",
        });
        parse::<WorkflowRun>(&ok(&body)).unwrap()
    };
    let ended = run("completed", json!("success"));
    assert_eq!(ended.key(), RunKey { run_id: 30, attempt: 3 });
    assert_eq!(ended.facts().phase, Phase::Ended(Conclusion::Success));
    assert_eq!(ended.facts().ended_at, Some(time("2026-11-23T10:00:09Z")));
    assert_eq!(run("in_progress", json!(null)).facts().ended_at, None);
    assert_eq!(ended.build(), None);
    assert!(parse::<WorkflowRun>(&response(200, &[], "")).is_err());
}

#[test]
fn jobs_come_with_the_etag_of_their_list() {
    let list = json!({ "total_count": 1, "jobs": [
        { "id": 99, "run_id": 30, "run_attempt": 2, "name": id().job_name(), "status": "completed",
          "conclusion": "failure", "started_at": "2026-11-23T10:00:01Z",
          "completed_at": "2026-11-23T10:00:09Z",
          "steps": [{ "name": "Build", "number": 4, "status": "completed", "conclusion": "failure" }] },
    ] });
    let listed = response(200, &[("etag", "W/\"e1\"")], &list.to_string());
    let doc = jobs(&listed, id()).unwrap();
    assert_eq!((doc.build_id, doc.etag.as_deref()), (id(), Some("W/\"e1\"")));
    let key = RunKey { run_id: 30, attempt: 2 };
    assert!(doc.is_complete(key));
    assert_eq!(doc.failed_step(key), Some(("Build", Conclusion::Failure)));
    let none = jobs(&ok(&json!({ "jobs": [] })), id()).unwrap();
    assert!(none.jobs.is_empty() && none.etag.is_none() && !none.is_complete(key));
    assert!(jobs(&ok(&json!({})), id()).is_err());
}

#[test]
fn every_permission_but_none_allows_reading() {
    for (permission, may) in [
        ("admin", true),
        ("maintain", true),
        ("write", true),
        ("triage", true),
        ("read", true),
        ("none", false),
        ("", false),
        ("READ", false),
        ("invented in 2030", false),
    ] {
        let body = json!({ "permission": permission, "role_name": "admin" });
        let permission_of = parse::<Permission>(&ok(&body)).unwrap();
        assert_eq!(permission_of.allows_reading(None), may, "{permission}");
    }
    assert!(parse::<Permission>(&ok(&json!({}))).is_err());
}

#[test]
fn small_responses_are_parsed_or_rejected() {
    assert!(parse::<Repository>(&ok(&json!({ "private": true }))).unwrap().private);
    assert!(!parse::<Repository>(&ok(&json!({ "private": false }))).unwrap().private);
    assert!(parse::<Repository>(&ok(&json!({}))).is_err(), "never taken for public");
    let sha = "a".repeat(40);
    assert_eq!(parse::<Commit>(&ok(&json!({ "sha": sha }))).unwrap().sha.to_string(), sha);
    assert!(parse::<Commit>(&ok(&json!({ "sha": "main" }))).is_err());
    assert_eq!(parse::<Installation>(&ok(&json!({ "id": 5 }))).unwrap().id, 5);
    let token = json!({ "token": "ghs_new_style.1", "expires_at": "2026-11-23T11:00:00Z" });
    let InstallationToken { token, expires_at } = parse(&ok(&token)).unwrap();
    let expected = Some(time("2026-11-23T11:00:00Z"));
    assert_eq!((token.as_str(), expires_at), ("ghs_new_style.1", expected));
    let unlimited: InstallationToken = parse(&ok(&json!({ "token": "x" }))).unwrap();
    assert_eq!(unlimited.expires_at, None, "it is not kept");
}

#[test]
fn githubs_own_examples_are_parsed() {
    let description =
        nokube_conformance::load_octokit_json("openapi/generated/api.github.com.json");
    let example = |name: &str| {
        let example = description.pointer(&format!("/components/examples/{name}/value"));
        ok(example.unwrap_or_else(|| panic!("GitHub has no example {name}")))
    };
    const ADMIN: &str = "repository-collaborator-permission-response-if-user-has-admin-permissions";
    parse::<WorkflowRun>(&example("workflow-run")).unwrap();
    runs_of_build(&example("workflow-run-paginated"), id()).unwrap();
    assert_eq!(jobs(&example("job-paginated"), id()).unwrap().jobs.len(), 1);
    assert!(dispatched_run(&example("workflow-dispatch-response")).is_some());
    parse::<Commit>(&example("commit")).unwrap();
    parse::<Installation>(&example("installation")).unwrap();
    assert!(parse::<Permission>(&example(ADMIN)).unwrap().allows_reading(None));
    parse::<InstallationToken>(&example("installation-token")).unwrap();
}
