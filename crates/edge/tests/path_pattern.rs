//! Matching paths against route patterns.

use nokube_edge::path_pattern::match_path;

#[test]
fn a_path_is_matched_segment_by_segment() {
    for (pattern, path, expected) in [
        ("/health", "/health", Some(vec![])),
        ("/health", "/health/", None),
        ("/health", "/healthy", None),
        ("/health", "", None),
        ("/builds/{build}", "/builds/7", Some(vec![("build", "7")])),
        ("/builds/{build}", "/builds/a%2Fb", Some(vec![("build", "a%2Fb")])),
        ("/builds/{build}", "/builds/", None),
        ("/builds/{build}", "/builds", None),
        ("/builds/{build}", "/builds/7/logs", None),
        ("/builds/{build}", "//builds/7", None),
        ("/builds/{build}/logs", "/builds/7/logs", Some(vec![("build", "7")])),
        ("/builds/{build}/logs", "/builds//logs", None),
        ("/p/{id}/m/{name}", "/p/1/m/ann", Some(vec![("id", "1"), ("name", "ann")])),
    ] {
        assert_eq!(match_path(pattern, path), expected, "{pattern} {path}");
    }
}
