//! The image registry: what does a tag point to, and whom is our password told?

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used)]

mod common;

use common::answer;
use nokube_github::registry::{Tag, describe, head, read_head, read_token, token};
use url::Url;

fn api() -> Url {
    "https://ghcr.io".parse().unwrap()
}

fn challenged(challenge: &str) -> Tag {
    read_head(&answer(401, &[("www-authenticate", challenge)], ""), &api())
}

#[test]
fn a_tag_is_asked_for_as_index_or_manifest() {
    let request = head(&api(), "amzhm/a-b-c", "build-0", Some("t"));
    assert_eq!(request.method(), "HEAD");
    assert_eq!(request.uri(), "https://ghcr.io/v2/amzhm/a-b-c/manifests/build-0");
    let accept = request.headers()["accept"].to_str().unwrap();
    for kind in ["oci.image.index.v1", "oci.image.manifest.v1", "manifest.list.v2", "manifest.v2"] {
        assert!(accept.contains(kind), "{accept}");
    }
    assert_eq!(request.headers()["authorization"], "Bearer t");
    let open = head(&"http://127.0.0.1:5000/".parse().unwrap(), "a/b", "t", None);
    assert_eq!(open.uri(), "http://127.0.0.1:5000/v2/a/b/manifests/t");
    assert!(!open.headers().contains_key("authorization"));
}

#[test]
fn the_answer_is_a_digest_or_says_what_to_do() {
    let digest = format!("sha256:{}", "d".repeat(64));
    let pointed = answer(200, &[("docker-content-digest", &digest)], "");
    assert_eq!(read_head(&pointed, &api()), Tag::Points(digest.parse().unwrap()));
    let table = [
        (200, Tag::Away),
        (401, Tag::Hidden),
        (403, Tag::Hidden),
        (404, Tag::Hidden),
        (307, Tag::Hidden),
        (429, Tag::Away),
        (500, Tag::Away),
        (503, Tag::Away),
    ];
    for (status, expected) in table {
        assert_eq!(read_head(&answer(status, &[], ""), &api()), expected, "{status}");
    }
    let odd = answer(200, &[("docker-content-digest", "sha256:1")], "");
    assert_eq!(read_head(&odd, &api()), Tag::Away);
}

#[test]
fn a_challenge_says_where_the_token_is() {
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
        let expected = Tag::NeedsToken(expected.parse().unwrap());
        assert_eq!(challenged(challenge), expected, "{challenge}");
    }
}

/// The password goes with the question for the token: a registry must not send it elsewhere.
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
        assert_eq!(challenged(&format!("Bearer realm=\"{realm}\"")), Tag::Hidden, "{realm}");
    }
}

#[test]
fn other_challenges_are_no_way_in() {
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
        assert_eq!(challenged(challenge), Tag::Hidden, "{challenge}");
    }
}

#[test]
fn a_token_is_fetched_with_the_login_if_there_is_one() {
    let url: Url = "https://ghcr.io/token?service=ghcr.io&scope=x".parse().unwrap();
    let open = token(&url, None);
    assert_eq!((open.method().as_str(), open.uri().to_string().as_str()), ("GET", url.as_str()));
    assert!(!open.headers().contains_key("authorization"));
    let private = token(&url, Some(("octocat", "ghp_hunter2")));
    assert_eq!(private.headers()["authorization"], "Basic b2N0b2NhdDpnaHBfaHVudGVyMg==");
    assert!(!private.uri().to_string().contains("hunter2"));
}

#[test]
fn a_token_has_one_of_two_names() {
    let read = |status, body| read_token(&answer(status, &[], body));
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
fn an_unexpected_answer_is_described() {
    assert_eq!(describe(&answer(502, &[("server", "nginx")], "")), "502 Bad Gateway from nginx");
    assert_eq!(describe(&answer(404, &[], "")), "404 Not Found from an unnamed server");
}
