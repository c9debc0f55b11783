//! Conditional requests, by the rules of RFC 9110.

use http::{HeaderMap, HeaderValue, header::IF_NONE_MATCH};
use nokube_edge::conditional::{client_has, etag};

/// Whether a client that sends these lists has the tag `"1a,b"`.
fn has(lists: &[&[u8]]) -> bool {
    let mut headers = HeaderMap::new();
    for list in lists {
        headers.append(
            IF_NONE_MATCH,
            HeaderValue::from_bytes(list).unwrap_or(HeaderValue::from_static("")),
        );
    }
    client_has(&headers, "\"1a,b\"")
}

#[test]
fn the_tag_may_be_anywhere_in_the_lists_and_weak() {
    for lists in [
        &[b"\"1a,b\"" as &[u8]] as &[&[u8]],
        &[b"W/\"1a,b\""],
        &[b"*"],
        &[b" * "],
        &[b"\"2\", \"1a,b\""],
        &[b"\"2\",W/\"3\" ,\t\"1a,b\" , \"4\""],
        &[b", ,\"1a,b\""],
        &[b"\"\xe4\", \"1a,b\""],
        &[b"\"2\"", b"\"1a,b\""],
        &[b"\"1a,b\" and what is no list"],
    ] {
        assert!(has(lists), "{lists:?}");
    }
}

#[test]
fn other_tags_and_malformed_tags_do_not_match() {
    for lists in [
        &[] as &[&[u8]],
        &[b""],
        &[b"\"2\""],
        &[b"\"1a\", \"b\""],
        &[b"\"x1a,b\""],
        &[b"\"1A,b\""],
        &[b"1a,b"],
        &[b"\"1a,b"],
        &[b"w/\"1a,b\""],
        &[b"\"2\"\"1a,b\""],
        &[b"\"2\";\"1a,b\""],
        &[b"*, \"2\""],
        &[b"W/*"],
    ] {
        assert!(!has(lists), "{lists:?}");
    }
}

#[test]
fn the_tag_of_a_body_changes_with_it() {
    assert_eq!(etag(b"{\"status\":\"building\"}"), etag(b"{\"status\":\"building\"}"));
    let tags =
        [b"" as &[u8], b"{}", b"{ }", b"{\"status\":\"building\"}", b"{\"status\":\"success\"}"]
            .map(etag);
    for (index, tag) in tags.iter().enumerate() {
        assert!(tag.len() == 18 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        assert!(!tags[..index].contains(tag), "{tag}");
    }
}
