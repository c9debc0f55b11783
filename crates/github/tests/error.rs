//! The sentences for GitHub's error responses.

mod common;

use common::{github, response};
use nokube_github::{
    Api,
    error::{ErrorKind, blocked_reason, dispatch_error, error_kind, message, rerun_error},
    health::builder_health,
};
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

/// Responses that stay the same until somebody at GitHub changes something, as GitHub sends them.
const LASTING: [(u16, &str, &str); 8] = [
    (451, "Repository access blocked", "blocked access"),
    (451, "", "blocked access"),
    (403, "Repository access blocked", "blocked access"),
    (
        403,
        "Although you appear to have the correct authorization credentials, the `acme` organization has an IP \
         allow list enabled, and your IP address is not permitted to access this resource.",
        "admits listed IP addresses only",
    ),
    (
        403,
        "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this \
         organization.",
        "requires single sign-on",
    ),
    (403, "Sorry. Your account was suspended.", "suspended"),
    (403, "This installation has been suspended", "suspended"),
    (403, "Repository was archived so is read-only.", "archived"),
];

#[test]
fn a_permanent_refusal_contains_githubs_message() {
    for (status, text, expected) in LASTING {
        let response = response(status, &[], &body(text));
        let ErrorKind::Permanent(reason) = error_kind(&response, 0) else {
            panic!("{status} {text}")
        };
        assert!(reason.contains(expected), "{reason}");
        assert!(reason.contains(&text.chars().take(150).collect::<String>()), "{reason}");
        let dispatch = dispatch_error(&response, &github());
        assert!(dispatch.contains(&reason) && dispatch.contains("o/builder"), "{dispatch}");
        assert!(!dispatch.contains("lacks the permission"), "{dispatch}");
        assert!(rerun_error(&response).contains(&reason));
        assert_eq!(blocked_reason(&response).is_some(), expected == "blocked access");
    }
}

#[test]
fn only_temporary_errors_may_be_retried() {
    let of = |status, headers: &[(&str, &str)], text| {
        error_kind(&response(status, headers, &body(text)), 1_800_000_000)
    };
    let wait = |seconds: &'static str| [("retry-after", seconds)];
    assert_eq!(of(429, &wait("7"), ""), ErrorKind::RateLimited(7));
    assert_eq!(of(403, &wait("0"), ""), ErrorKind::RateLimited(1), "never at once");
    assert_eq!(of(429, &wait("99999999999999999999"), ""), ErrorKind::RateLimited(60));
    assert_eq!(
        of(429, &wait("999999"), ""),
        ErrorKind::RateLimited(3_600),
        "limits are those of an hour"
    );
    assert_eq!(
        of(403, &[], "You have exceeded a secondary rate limit."),
        ErrorKind::RateLimited(60)
    );
    assert_eq!(of(401, &[], "Bad credentials"), ErrorKind::Credentials);
    for status in [500, 502, 503, 408] {
        assert_eq!(of(status, &[], ""), ErrorKind::Unavailable, "{status}");
    }
    for status in [301, 307, 400, 403, 404, 409, 410, 422, 451] {
        assert!(matches!(of(status, &[], "No"), ErrorKind::Permanent(_)), "{status}");
    }
}

#[test]
fn ready_says_what_the_builder_is_called_now_and_whether_it_is_archived() {
    let health = |api: &Api, repository: serde_json::Value| {
        builder_health(api, serde_json::from_value(repository).ok().as_ref())
    };
    let present = json!({ "full_name": "O/Builder", "private": true });
    assert_eq!(health(&github(), present).unwrap(), "the workflow build.yml of o/builder is there");
    let renamed = json!({ "full_name": "o/new-name", "private": true });
    let detail = health(&github(), renamed).unwrap();
    assert!(detail.contains("now called o/new-name: change the setting github_builder_repository"));
    let archived = json!({ "full_name": "o/builder", "private": true, "archived": true });
    assert!(health(&github(), archived).unwrap_err().contains("archived"));
    assert!(health(&github(), json!("<html>")).is_ok(), "the workflow is there");
}
