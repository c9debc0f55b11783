//! GitHub's responses about pull requests and deployments are parsed.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::response;
use nokube_domain::{
    previews::{PullRequest, PullRequestState},
    pushes::Comparison,
};
use nokube_github::responses::{
    created_deployment, described_deployment, pull_request, pull_request_comparison, pull_requests,
};
use serde_json::{Value, json};

fn ok(body: &Value) -> nokube_github::Response {
    response(200, &[], &body.to_string())
}

/// A pull request from a fork.
fn pull() -> Value {
    json!({
        "number": 12, "state": "open", "draft": false, "title": "Sell boots",
        "user": { "login": "mallory", "id": 66 },
        "head": { "ref": "boots", "sha": "b".repeat(40), "repo": { "id": 8 } },
        "base": { "ref": "main", "sha": "a".repeat(40), "repo": { "id": 7 } },
    })
}

fn read(changes: &[(&str, Value)]) -> PullRequest {
    let mut body = pull();
    for (pointer, value) in changes {
        *body.pointer_mut(pointer).unwrap() = value.clone();
    }
    pull_request(&ok(&body)).unwrap()
}

#[test]
fn a_pull_request_says_what_is_to_be_merged_into_what() {
    let expected = PullRequest {
        number: 12,
        title: "Sell boots".into(),
        author: Some("mallory".into()),
        state: PullRequestState::Open,
        is_draft: false,
        head: "b".repeat(40).parse().unwrap(),
        head_branch: "boots".into(),
        head_repository: Some(8),
        base_branch: "main".into(),
        base: "a".repeat(40).parse().unwrap(),
    };
    assert_eq!(read(&[]), expected);
    assert!(expected.is_fork(7) && !expected.is_fork(8));
    assert!(read(&[("/draft", json!(true))]).is_draft);
}

#[test]
fn a_deleted_fork_is_a_fork_and_a_deleted_account_is_nobody() {
    let deleted = read(&[("/head/repo", json!(null)), ("/user", json!(null))]);
    assert_eq!((deleted.head_repository, deleted.author.as_deref()), (None, None));
    assert!(deleted.is_fork(7));
    for odd in [json!({}), json!({ "id": "7" }), json!("acme/shop"), json!(7)] {
        assert!(read(&[("/head/repo", odd.clone())]).is_fork(7), "{odd}");
    }
}

#[test]
fn only_an_open_pull_request_is_open() {
    let state = |state: &str| read(&[("/state", json!(state))]).state;
    assert_eq!(state("open"), PullRequestState::Open);
    for other in ["closed", "merged", "", "invented in 2030"] {
        assert_eq!(state(other), PullRequestState::Closed, "{other}");
    }
}

#[test]
fn without_a_number_a_state_or_commits_it_is_no_pull_request() {
    for pointer in ["/number", "/state", "/head", "/head/sha", "/head/ref", "/base", "/base/sha"] {
        for odd in [json!(null), json!([]), json!(-1), json!(true)] {
            let mut body = pull();
            *body.pointer_mut(pointer).unwrap() = odd.clone();
            assert!(pull_request(&ok(&body)).is_err(), "{pointer}: {odd}");
        }
    }
    for pointer in ["/title", "/draft", "/user", "/head/repo", "/base/repo"] {
        for odd in [json!(null), json!([]), json!(-1), json!({ "a": [] })] {
            read(&[(pointer, odd)]);
        }
    }
}

#[test]
fn a_pull_request_that_cannot_be_read_does_not_hide_the_others() {
    let list = json!([null, { "number": 5 }, pull(), "x"]);
    let found = pull_requests(&ok(&list)).unwrap();
    assert_eq!(found.iter().map(|one| one.number).collect::<Vec<_>>(), [12]);
    assert!(pull_requests(&ok(&json!([]))).unwrap().is_empty());
    assert!(pull_requests(&ok(&json!({ "message": "Not Found" }))).is_err());
}

/// The base branch goes on while a pull request is open.
#[test]
fn a_pull_request_changes_what_differs_since_it_left_the_base_branch() {
    let compared = |status: &str, files: Value| {
        pull_request_comparison(&ok(&json!({ "status": status, "files": files }))).unwrap()
    };
    let files = json!([{ "filename": "web/a.ts", "previous_filename": "lib/a.ts" }]);
    let expected = Comparison::Files(["web/a.ts", "lib/a.ts"].map(String::from).to_vec());
    assert_eq!(compared("ahead", files.clone()), expected);
    assert_eq!(compared("diverged", files.clone()), expected);
    assert_eq!(compared("behind", json!([])), Comparison::Same);
    assert_eq!(compared("identical", json!([])), Comparison::Same);
    assert_eq!(compared("invented in 2030", files), Comparison::Everything);
    let many = json!(vec![json!({ "filename": "a" }); 300]);
    for status in ["ahead", "diverged"] {
        assert_eq!(compared(status, many.clone()), Comparison::Everything, "{status}");
        assert_eq!(compared(status, json!(null)), Comparison::Everything, "{status}");
    }
}

#[test]
fn a_deployment_is_found_by_its_description() {
    let created = json!({ "id": 71, "sha": "a".repeat(40), "description": "Revision 3 of x" });
    assert_eq!(created_deployment(&ok(&created)).unwrap(), 71);
    assert!(created_deployment(&ok(&json!({ "message": "Auto-merged" }))).is_err());
    let list = ok(&json!([
        null,
        { "id": "70", "description": "Revision 3 of x" },
        { "id": 73, "description": null },
        { "id": 72, "description": "Revision 4 of x" },
        created,
        { "id": 70, "description": "Revision 3 of x" },
    ]));
    assert_eq!(described_deployment(&list, "Revision 3 of x").unwrap(), Some(71));
    assert_eq!(described_deployment(&list, "Revision 5 of x").unwrap(), None);
    assert!(described_deployment(&ok(&json!({})), "x").is_err());
}
