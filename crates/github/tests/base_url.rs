//! The base URL of GitHub's API.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

use nokube_github::api::base_url;

fn base(origin: &str, path: &str) -> String {
    base_url(&origin.parse().unwrap(), path)
}

#[test]
fn without_a_path_the_base_url_is_the_origin_without_a_slash() {
    for path in ["", "/"] {
        assert_eq!(base("https://api.github.com", path), "https://api.github.com");
    }
}

#[test]
fn slashes_around_the_path_make_no_difference() {
    for path in ["api/v3", "/api/v3", "api/v3/", "/api/v3/"] {
        assert_eq!(
            base("https://ghe.example.org:8443/", path),
            "https://ghe.example.org:8443/api/v3"
        );
    }
}
