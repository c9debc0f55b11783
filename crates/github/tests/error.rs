//! The sentences for GitHub's error responses.

mod common;

use common::{github, response};
use nokube_github::error::{dispatch_error, message, rerun_error};
use serde_json::json;

fn body(message: &str) -> String {
    json!({ "message": message, "documentation_url": "https://docs.github.com" }).to_string()
}

#[test]
fn the_error_of_a_dispatch_says_what_to_change() {
    let table = [
        (404, "Not Found", "GitHub knows no workflow build.yml on the default branch of o/builder"),
        (401, "Bad credentials", "does not accept the platform's credentials"),
        (
            403,
            "Resource not accessible by integration",
            "lacks the permission 'actions: write' on o/builder",
        ),
        (403, "API rate limit exceeded for installation", "limits the platform's requests"),
        (403, "You have exceeded a secondary rate limit.", "limits the platform's requests"),
        (429, "You have exceeded a secondary rate limit.", "limits the platform's requests"),
        (
            422,
            "Workflow does not have 'workflow_dispatch' trigger",
            "has no trigger 'workflow_dispatch'",
        ),
        (
            422,
            "Cannot trigger a 'workflow_dispatch' on a disabled workflow",
            "is disabled: enable it",
        ),
        (422, "No ref found for: main", "o/builder has no branch main"),
        (422, "Unexpected inputs provided: [\"tag\"]", "takes other inputs (Unexpected inputs"),
        (422, "Required input 'tag' not provided", "takes other inputs (Required input"),
        (
            422,
            "Something new",
            "refused to start the build (422 Unprocessable Entity: Something new)",
        ),
        (409, "", "refused to start the build (409 Conflict: )"),
    ];
    for (status, text, expected) in table {
        let sentence = dispatch_error(&response(status, &[], &body(text)), &github());
        assert!(sentence.contains(expected), "{status} {text}: {sentence}");
    }
}

#[test]
fn the_error_of_a_rerun_says_what_to_do() {
    let table = [
        (404, "Not Found", "The run no longer exists."),
        (
            403,
            "Unable to retry this workflow run because it was created over a month ago",
            "within 30 days",
        ),
        (
            403,
            "This workflow run is already running",
            "(403 Forbidden: This workflow run is already",
        ),
    ];
    for (status, text, expected) in table {
        let sentence = rerun_error(&response(status, &[], &body(text)));
        assert!(sentence.contains(expected), "{sentence}");
    }
}

#[test]
fn githubs_message_is_cut_to_one_short_line() {
    let table = [
        (body("one\ntwo"), "one"),
        (body("tab\u{1b}[31mred"), "tab[31mred"),
        (body(""), ""),
        ("{}".into(), ""),
        ("<html>".into(), ""),
        (json!({ "message": null }).to_string(), ""),
        ("[]".into(), ""),
    ];
    for (body, expected) in table {
        assert_eq!(message(&response(422, &[], &body)), expected, "{body}");
    }
    assert_eq!(message(&response(422, &[], &body(&"ö".repeat(500)))).chars().count(), 200);
}
