//! What GitHub refuses, in words that name what to change.

mod common;

use common::{answer, github};
use nokube_github::refusal::{message, of_dispatch, of_rerun};
use serde_json::json;

fn said(text: &str) -> String {
    json!({ "message": text, "documentation_url": "https://docs.github.com" }).to_string()
}

#[test]
fn a_refused_dispatch_says_who_mends_what() {
    let table = [
        (404, "Not Found", "GitHub knows no workflow build.yml on the default branch of o/builder"),
        (401, "Bad credentials", "does not accept the platform's credentials"),
        (
            403,
            "Resource not accessible by integration",
            "lacks the right 'actions: write' on o/builder",
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
        let words = of_dispatch(&answer(status, &[], &said(text)), &github());
        assert!(words.contains(expected), "{status} {text}: {words}");
    }
}

#[test]
fn a_refused_rerun_says_what_to_do() {
    let table = [
        (404, "Not Found", "The run is not there any more."),
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
        let words = of_rerun(&answer(status, &[], &said(text)));
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn githubs_words_are_one_short_line() {
    let table = [
        (said("one\ntwo"), "one"),
        (said("tab\u{1b}[31mred"), "tab[31mred"),
        (said(""), ""),
        ("{}".into(), ""),
        ("<html>".into(), ""),
        (json!({ "message": null }).to_string(), ""),
        ("[]".into(), ""),
    ];
    for (body, expected) in table {
        assert_eq!(message(&answer(422, &[], &body)), expected, "{body}");
    }
    assert_eq!(message(&answer(422, &[], &said(&"ö".repeat(500)))).chars().count(), 200);
}
