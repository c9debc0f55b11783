//! The image registry: which digest a tag points to, and who gets the platform's password.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

mod common;

use common::response;
use nokube_github::registry::{
    TagResponse, describe_response, get_token, head_manifest, parse_manifest, parse_token,
};
use url::Url;

fn api() -> Url {
    "https://ghcr.io".parse().unwrap()
}

fn challenged(challenge: &str) -> TagResponse {
    parse_manifest(&response(401, &[("www-authenticate", challenge)], ""), &api())
}

#[test]
fn a_tag_is_requested_as_index_or_manifest() {
    let request = head_manifest(&api(), "amzhm/a-b-c", "build-0", Some("t"));
    assert_eq!(request.method(), "HEAD");
    assert_eq!(request.uri(), "https://ghcr.io/v2/amzhm/a-b-c/manifests/build-0");
    let accept = request.headers()["accept"].to_str().unwrap();
    for kind in ["oci.image.index.v1", "oci.image.manifest.v1", "manifest.list.v2", "manifest.v2"] {
        assert!(accept.contains(kind), "{accept}");
    }
    assert_eq!(request.headers()["authorization"], "Bearer t");
    let open = head_manifest(&"http://127.0.0.1:5000/".parse().unwrap(), "a/b", "t", None);
    assert_eq!(open.uri(), "http://127.0.0.1:5000/v2/a/b/manifests/t");
    assert!(!open.headers().contains_key("authorization"));
}

#[test]
fn the_response_about_a_tag_is_classified() {
    let digest = format!("sha256:{}", "d".repeat(64));
    let ok = response(200, &[("docker-content-digest", &digest)], "");
    assert_eq!(parse_manifest(&ok, &api()), TagResponse::Digest(digest.parse().unwrap()));
    let table = [
        (200, TagResponse::Unavailable),
        (401, TagResponse::NotVisible),
        (403, TagResponse::NotVisible),
        (404, TagResponse::NotVisible),
        (307, TagResponse::NotVisible),
        (429, TagResponse::Unavailable),
        (500, TagResponse::Unavailable),
        (503, TagResponse::Unavailable),
    ];
    for (status, expected) in table {
        assert_eq!(parse_manifest(&response(status, &[], ""), &api()), expected, "{status}");
    }
    let odd = response(200, &[("docker-content-digest", "sha256:1")], "");
    assert_eq!(parse_manifest(&odd, &api()), TagResponse::Unavailable);
}

#[test]
fn a_challenge_contains_the_token_url() {
    let full = "https://ghcr.io/token?service=ghcr.io&scope=repository%3Aamzhm%2Fa-b-c%3Apull";
    let table = [
        (
            r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:amzhm/a-b-c:pull""#,
            full,
        ),
        (
            r#"bearer scope="repository:amzhm/a-b-c:pull", service="ghcr.io", realm="https://ghcr.io/token""#,
            "https://ghcr.io/token?service=ghcr.io&scope=repository%3Aamzhm%2Fa-b-c%3Apull",
        ),
        (r#"BEARER realm="https://ghcr.io/token""#, "https://ghcr.io/token"),
        (
            r#"Bearer realm="https://ghcr.io/token?x=1",service="a&b""#,
            "https://ghcr.io/token?x=1&service=a%26b",
        ),
    ];
    for (challenge, expected) in table {
        let expected = TagResponse::NeedsToken(expected.parse().unwrap());
        assert_eq!(challenged(challenge), expected, "{challenge}");
    }
}

/// The password is sent to the token URL, so a registry must not direct it to another host.
#[test]
fn a_realm_at_another_origin_is_not_followed() {
    for realm in [
        "https://evil.com/token",
        "http://ghcr.io/token",
        "https://ghcr.io:8443/token",
        "https://ghcr.io.evil.com/token",
        "https://ghcr.io@evil.com/token",
        "https://auth.ghcr.io/token",
        "//ghcr.io/token",
        "/token",
        "file:///token",
        "data:,ghcr.io",
        "",
    ] {
        assert_eq!(
            challenged(&format!("Bearer realm=\"{realm}\"")),
            TagResponse::NotVisible,
            "{realm}"
        );
    }
}

#[test]
fn other_challenges_are_rejected() {
    for challenge in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer realm",
        "Bearer realm=",
        "Bearer realm=https://ghcr.io/token",
        "Bearer service=\"ghcr.io\"",
        "Basic realm=\"https://ghcr.io/token\"",
        "Digest realm=\"https://ghcr.io/token\"",
    ] {
        assert_eq!(challenged(challenge), TagResponse::NotVisible, "{challenge}");
    }
}

#[test]
fn a_token_is_requested_with_the_login_if_there_is_one() {
    let url: Url = "https://ghcr.io/token?service=ghcr.io&scope=x".parse().unwrap();
    let open = get_token(&url, None);
    assert_eq!((open.method().as_str(), open.uri().to_string().as_str()), ("GET", url.as_str()));
    assert!(!open.headers().contains_key("authorization"));
    let private = get_token(&url, Some(("octocat", "ghp_hunter2")));
    assert_eq!(private.headers()["authorization"], "Basic b2N0b2NhdDpnaHBfaHVudGVyMg==");
    assert!(!private.uri().to_string().contains("hunter2"));
}

#[test]
fn both_names_of_the_token_are_accepted() {
    let read = |status, body| parse_token(&response(status, &[], body));
    assert_eq!(read(200, r#"{"token":"a"}"#).as_deref(), Some("a"));
    assert_eq!(read(200, r#"{"access_token":"b","expires_in":300}"#).as_deref(), Some("b"));
    assert_eq!(read(200, r#"{"token":"a","access_token":"b"}"#).as_deref(), Some("a"));
    for (status, body) in
        [(200, "{}"), (200, ""), (401, r#"{"token":"a"}"#), (200, r#"{"token":1}"#)]
    {
        assert_eq!(read(status, body), None, "{status} {body}");
    }
}

#[test]
fn an_unexpected_response_is_described() {
    assert_eq!(
        describe_response(&response(502, &[("server", "nginx")], "")),
        "502 Bad Gateway from nginx"
    );
    assert_eq!(describe_response(&response(404, &[], "")), "404 Not Found from an unnamed server");
}
