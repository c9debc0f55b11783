//! What GitHub answers, and what is made of it.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used)]

mod common;

use common::{answer, id, time};
use nokube_domain::build::{Conclusion, Phase, RunKey};
use nokube_github::answer as read;
use serde_json::{Value, json};

fn said(body: &Value) -> nokube_github::Response {
    answer(200, &[], &body.to_string())
}

#[test]
fn a_dispatch_names_its_run_or_not() {
    let key = RunKey { run_id: 30, attempt: 1 };
    let named = json!({ "workflow_run_id": 30, "run_url": "https://x", "html_url": "https://y" });
    assert_eq!(read::dispatched(&said(&named)), Some(key));
    for body in ["", "{}", "null", "<html>", "{\"workflow_run_id\":null}"] {
        assert_eq!(read::dispatched(&answer(204, &[], body)), None, "{body}");
    }
}

#[test]
fn of_a_list_only_the_builds_own_runs_are_taken() {
    let run = |number: u64, title: Value| json!({ "id": number, "run_attempt": 1, "display_title": title, "status": "queued" });
    let other = nokube_domain::BuildId::new(nokube_domain::ProjectId(7), 4, 1);
    let runs = json!({ "total_count": 5, "workflow_runs": [
        run(1, json!(other.run_title())),
        run(2, json!(id().run_title())),
        run(3, json!(null)),
        run(4, json!("")),
        run(5, json!(id().run_title())),
    ] });
    let found = read::runs_of(&said(&runs), id()).unwrap();
    assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), [2, 5]);
    assert!(read::runs_of(&said(&json!({ "workflow_runs": [] })), id()).unwrap().is_empty());
    assert!(read::runs_of(&said(&json!({ "message": "x" })), id()).is_err());
}

#[test]
fn a_run_ends_when_it_was_last_changed() {
    let run = |status: &str, conclusion: Value| {
        let body = json!({
            "id": 30, "run_attempt": 3, "status": status, "conclusion": conclusion,
            "run_started_at": "2026-11-23T10:00:01Z", "updated_at": "2026-11-23T10:00:09Z",
        });
        read::run(&said(&body)).unwrap()
    };
    let ended = run("completed", json!("success"));
    assert_eq!(ended.key(), RunKey { run_id: 30, attempt: 3 });
    assert_eq!(ended.facts().phase, Phase::Ended(Conclusion::Success));
    assert_eq!(ended.facts().ended_at, Some(time("2026-11-23T10:00:09Z")));
    assert_eq!(run("in_progress", json!(null)).facts().ended_at, None);
    assert_eq!(ended.build(), None);
    assert!(read::run(&answer(200, &[], "")).is_err());
}

#[test]
fn jobs_come_with_the_validator_of_their_list() {
    let jobs = json!({ "total_count": 1, "jobs": [
        { "id": 99, "run_id": 30, "run_attempt": 2, "name": id().job_name(), "status": "completed",
          "conclusion": "failure", "started_at": "2026-11-23T10:00:01Z",
          "completed_at": "2026-11-23T10:00:09Z",
          "steps": [{ "name": "Build", "number": 4, "status": "completed", "conclusion": "failure" }] },
    ] });
    let listed = answer(200, &[("etag", "W/\"e1\"")], &jobs.to_string());
    let doc = read::jobs(&listed, id()).unwrap();
    assert_eq!((doc.of, doc.etag.as_deref()), (id(), Some("W/\"e1\"")));
    let key = RunKey { run_id: 30, attempt: 2 };
    assert!(doc.complete(key));
    assert_eq!(doc.failed_step(key), Some(("Build", Conclusion::Failure)));
    let none = read::jobs(&said(&json!({ "jobs": [] })), id()).unwrap();
    assert!(none.jobs.is_empty() && none.etag.is_none() && !none.complete(key));
    assert!(read::jobs(&said(&json!({})), id()).is_err());
}

#[test]
fn a_permission_to_read_is_any_but_none() {
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
        assert_eq!(read::may_read(&said(&body), None).unwrap(), may, "{permission}");
    }
    assert!(read::may_read(&said(&json!({})), None).is_err());
}

#[test]
fn small_answers_are_read_or_refused() {
    assert!(read::is_private(&said(&json!({ "private": true }))).unwrap());
    assert!(!read::is_private(&said(&json!({ "private": false }))).unwrap());
    assert!(read::is_private(&said(&json!({}))).is_err(), "never taken for public");
    let sha = "a".repeat(40);
    assert_eq!(read::commit(&said(&json!({ "sha": sha }))).unwrap().to_string(), sha);
    assert!(read::commit(&said(&json!({ "sha": "main" }))).is_err());
    assert_eq!(read::installation(&said(&json!({ "id": 5 }))).unwrap(), 5);
    let token = json!({ "token": "ghs_new_style.1", "expires_at": "2026-11-23T11:00:00Z" });
    let (text, end) = read::token(&said(&token)).unwrap();
    assert_eq!((text.as_str(), end), ("ghs_new_style.1", time("2026-11-23T11:00:00Z")));
    assert!(read::token(&said(&json!({ "token": "x" }))).is_err());
}

/// GitHub's own examples of the answers that are used.
#[test]
fn githubs_own_examples_are_read() {
    let description = nokube_conformance::file("openapi/generated/api.github.com.json");
    let example = |name: &str| {
        let example = description.pointer(&format!("/components/examples/{name}/value"));
        said(example.unwrap_or_else(|| panic!("GitHub has no example {name}")))
    };
    const ADMIN: &str = "repository-collaborator-permission-response-if-user-has-admin-permissions";
    read::run(&example("workflow-run")).unwrap();
    read::runs_of(&example("workflow-run-paginated"), id()).unwrap();
    assert_eq!(read::jobs(&example("job-paginated"), id()).unwrap().jobs.len(), 1);
    assert!(read::dispatched(&example("workflow-dispatch-response")).is_some());
    read::commit(&example("commit")).unwrap();
    read::installation(&example("installation")).unwrap();
    assert!(read::may_read(&example(ADMIN), None).unwrap());
    read::token(&example("installation-token")).unwrap();
}
