//! GitHub's responses are parsed.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

mod common;

use common::{id, response, time};
use nokube_domain::{
    builds::{Conclusion, Phase, RunKey},
    pushes::Comparison,
};
use nokube_github::responses::{
    Commit, Installation, InstallationToken, Permission, Repository, WorkflowRun, branch_names,
    comparison, dispatched_run, installation_repositories, installations, jobs, parse,
    runs_of_build,
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
    for (permission, may, may_push) in [
        ("admin", true, true),
        ("maintain", true, true),
        ("write", true, true),
        ("triage", true, false),
        ("read", true, false),
        ("none", false, false),
        ("", false, false),
        ("READ", false, false),
        ("invented in 2030", false, false),
    ] {
        let body = json!({ "permission": permission, "role_name": "admin" });
        let permission_of = parse::<Permission>(&ok(&body)).unwrap();
        assert_eq!(permission_of.allows_reading(None), may, "{permission}");
        assert_eq!(permission_of.allows_pushing(None), may_push, "{permission}");
        assert!(!permission_of.allows_pushing(Some(7)), "the account is unknown");
    }
    assert!(parse::<Permission>(&ok(&json!({}))).is_err());
}

#[test]
fn a_commit_shows_a_login_or_a_name_and_never_an_e_mail_address() {
    let sha = "a".repeat(40);
    let summary = |author: Value, commit: Value| {
        let body = json!({ "sha": sha, "author": author, "commit": commit });
        json!(parse::<Commit>(&ok(&body)).unwrap().summary())
    };
    let commit = |name: &str| {
        let author = json!({ "name": name, "email": "bob@example.com" });
        json!({ "message": "Fix\u{7} it\n\nMore.", "author": author })
    };
    let login = summary(json!({ "login": "bob" }), commit("Bob B."));
    assert_eq!(login, json!({ "sha": sha, "subject": "Fix it", "author": "bob" }));
    assert_eq!(summary(Value::Null, commit("Bob B."))["author"], "Bob B.");
    assert_eq!(summary(Value::Null, commit("bob@example.com")).get("author"), None);
    let bare = json!({ "sha": sha, "subject": "" });
    assert_eq!(summary(Value::Null, Value::Null), bare);
    assert_eq!(summary(json!(7), json!({ "message": 7, "author": [] })), bare);
}

#[test]
fn a_comparison_names_all_files_or_none() {
    let compared = |status: &str, files: Value| {
        comparison(&ok(&json!({ "status": status, "files": files }))).unwrap()
    };
    let files = json!([
        { "filename": "web/a.ts", "status": "modified" },
        { "filename": "api/b.rs", "status": "renamed", "previous_filename": "lib/b.rs" },
    ]);
    let expected = ["web/a.ts", "api/b.rs", "lib/b.rs"].map(String::from).to_vec();
    assert_eq!(compared("ahead", files.clone()), Comparison::Files(expected));
    assert_eq!(compared("ahead", json!([])), Comparison::Files(Vec::new()));
    assert_eq!(compared("identical", json!([])), Comparison::Same);
    for status in ["behind", "diverged", "", "invented in 2030"] {
        assert_eq!(compared(status, files.clone()), Comparison::Everything, "{status}");
    }
    // A file that cannot be read, or a list that may have been cut off.
    for files in [
        json!(null),
        json!([{ "filename": "a" }, { "filename": 7 }]),
        json!([{ "filename": "a", "previous_filename": 7 }]),
        json!(vec![json!({ "filename": "a" }); 300]),
    ] {
        assert_eq!(compared("ahead", files), Comparison::Everything);
    }
    assert!(comparison(&response(200, &[], "<html>")).is_err());
}

#[test]
fn branches_come_as_a_list_of_branches_or_of_refs() {
    let names = |body: Value| branch_names(&ok(&body)).unwrap();
    assert_eq!(names(json!([{ "name": "main" }, { "name": "a/b" }, {}])), ["main", "a/b"]);
    let refs = json!([{ "ref": "refs/heads/a/b" }, { "ref": "refs/headsman" }, null]);
    assert_eq!(names(refs), ["a/b"]);
    assert!(branch_names(&ok(&json!({ "message": "x" }))).is_err());
}

#[test]
fn an_unreadable_repository_or_installation_does_not_hide_the_others() {
    let listed = json!({ "repositories": [{ "id": 7, "private": true }, { "id": 8 }, null] });
    let found = installation_repositories(&ok(&listed)).unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [Some(7)]);
    let found = installations(&ok(&json!([{ "id": 5 }, {}, null]))).unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [5]);
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
    let compared = comparison(&example("commit-comparison")).unwrap();
    assert!(matches!(compared, Comparison::Everything), "the example has the status behind");
    assert!(!branch_names(&example("short-branch-with-protection-items")).unwrap().is_empty());
    assert!(!branch_names(&example("git-ref-items")).unwrap().is_empty());
    assert!(!installations(&example("base-installation-items")).unwrap().is_empty());
    let installed = example("repository-paginated-2");
    assert!(!installation_repositories(&installed).unwrap().is_empty());
    parse::<Installation>(&example("installation")).unwrap();
    assert!(parse::<Permission>(&example(ADMIN)).unwrap().allows_reading(None));
    parse::<InstallationToken>(&example("installation-token")).unwrap();
}
