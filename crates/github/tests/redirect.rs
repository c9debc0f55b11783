//! GitHub redirects from a repository's old name; the platform follows, with its token, within GitHub's API only.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

mod common;

use common::{TOKEN, enterprise, github, record, response};
use nokube_github::redirect::{follow, moved_to, with_moved_to};

fn redirected(api: &nokube_github::Api, status: u16, location: &str) -> Option<(String, u64)> {
    let request = api.dispatch(&record(), TOKEN);
    let response = response(status, &[("location", location)], "");
    let found = follow(&request, &response, api.base())?;
    assert_eq!(found.request.method(), request.method(), "the same request");
    assert_eq!(found.request.headers(), request.headers());
    assert_eq!(found.request.body(), request.body());
    Some((found.request.uri().to_string(), found.repository))
}

#[test]
fn a_renamed_repository_is_found_by_its_number() {
    let path = "/repositories/42/actions/workflows/build.yml/dispatches?x=1";
    let (com, ghes) = ("https://api.github.com", "https://git.example.com/api/v3");
    for status in [301, 307, 308] {
        let location = format!("{com}{path}");
        let found = redirected(&github(), status, &location);
        assert_eq!(found, Some((location.clone(), 42)), "{status}");
        assert_eq!(redirected(&github(), status, path), Some((location, 42)), "relative");
        let location = format!("{ghes}{path}");
        assert_eq!(redirected(&enterprise(), status, &location), Some((location.clone(), 42)));
    }
    let root = format!("{com}/repositories/42");
    assert_eq!(redirected(&github(), 301, &root), Some((root.clone(), 42)));
}

#[test]
fn no_other_redirect_is_followed() {
    for location in [
        "https://evil.example/repositories/42",
        "http://api.github.com/repositories/42",
        "https://api.github.com:8443/repositories/42",
        "https://api.github.com.evil.example/repositories/42",
        "https://user:password@api.github.com/repositories/42",
        "//evil.example/repositories/42",
        "https://api.github.com/repos/o/other",
        "https://api.github.com/repositories/o",
        "https://api.github.com/repositories/",
        "https://api.github.com/repositories/42/../../user/repos",
        "https://api.github.com/user",
        "ftp:",
        "",
    ] {
        assert_eq!(redirected(&github(), 301, location), None, "{location}");
    }
    let outside = "https://git.example.com/repositories/42";
    assert_eq!(redirected(&enterprise(), 301, outside), None, "not below the API's path");
    for status in [200, 300, 302, 303, 304, 404] {
        let location = "https://api.github.com/repositories/42";
        assert_eq!(redirected(&github(), status, location), None, "{status}");
    }
    let without = response(301, &[], "");
    assert!(follow(&github().app(TOKEN), &without, github().base()).is_none());
}

#[test]
fn a_response_says_where_its_request_was_redirected_to() {
    assert_eq!(moved_to(&with_moved_to(response(200, &[], ""), Some(42))), Some(42));
    assert_eq!(moved_to(&with_moved_to(response(200, &[], ""), None)), None);
}
