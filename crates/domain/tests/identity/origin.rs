//! Protection against cross-site requests, and redirects after sign-in.

use nokube_domain::origin::{check_reader, check_same_origin, parse_local_path};

#[test]
fn a_change_with_a_cookie_must_come_from_the_platforms_page() {
    let platform = "https://nokube.test";
    for (origin, fetch_site, expected) in [
        (Some(platform), None, true),
        (Some(platform), Some("same-origin"), true),
        (None, Some("same-origin"), true),
        (None, None, false),
        (Some("null"), Some("same-origin"), false),
        (Some("https://nokube.test.evil"), None, false),
        (Some("http://nokube.test"), None, false),
        (Some(platform), Some("same-site"), false),
        (None, Some("none"), false),
    ] {
        let result = check_same_origin(origin, fetch_site, platform);
        assert_eq!(result.is_ok(), expected, "{origin:?} {fetch_site:?}");
    }
    // Without a configured URL, no origin is the platform's.
    assert!(check_same_origin(Some(""), None, "").is_err());
}

#[test]
fn a_read_with_a_cookie_comes_from_no_other_page() {
    for (fetch_site, fetch_dest, expected) in [
        (None, None, true),
        (Some("same-origin"), Some("empty"), true),
        (Some("none"), Some("document"), true),
        (Some("cross-site"), Some("document"), true),
        (Some("cross-site"), Some("empty"), false),
        (Some("same-site"), Some("image"), false),
        (Some("same-site"), Some("iframe"), false),
        (Some("same-site"), None, false),
    ] {
        let result = check_reader(fetch_site, fetch_dest);
        assert_eq!(result.is_ok(), expected, "{fetch_site:?} {fetch_dest:?}");
    }
}

#[test]
fn a_redirect_after_sign_in_stays_on_the_platform() {
    for (text, expected) in [
        ("/", true),
        ("/a?b=c", true),
        ("//evil.test", false),
        ("/\\evil.test", false),
        ("https://evil.test", false),
        ("", false),
        ("/a\r\nx: y", false),
        ("/é", false),
    ] {
        assert_eq!(parse_local_path(text).is_some(), expected, "{text}");
    }
}
