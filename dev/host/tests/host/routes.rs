//! Matching of paths against routes.

use local_host::routes::{Pattern, Router};

#[test]
fn the_most_specific_route_is_used() {
    let raw_routes = [
        "/",
        "/one",
        "/one/...",
        "/one/two/...",
        "/one/:id",
        "/one/:id/three",
        "/api/...",
        "/api/v1/*",
        "/twice",
        "/twice",
        "plain",
    ];
    let routes =
        raw_routes.iter().enumerate().map(|(n, route)| (Pattern::parse(route).unwrap(), n));
    let router = Router::new(routes.collect());
    for (path, expected) in [
        ("/", Some("/")),
        ("/one", Some("/one")),
        ("/one/", Some("/one")),
        ("/one/x", Some("/one/:id")),
        ("/one/x/three", Some("/one/:id/three")),
        ("/one/x/four", Some("/one/...")),
        ("/one/two", Some("/one/two/...")),
        ("/one/two/three", Some("/one/two/...")),
        ("/oneself", None),
        ("/api", Some("/api/...")),
        ("/api/v1/x", Some("/api/v1/*")),
        ("/plain", Some("plain")),
        ("/nothing", None),
    ] {
        let raw_route = router.route(path).map(|(route_match, _)| route_match.raw_route);
        assert_eq!(raw_route.as_deref(), expected, "{path}");
    }
    let last = router.route("/twice").map(|(_, n)| *n);
    assert_eq!(last, Some(9), "the last of two equal routes");
}

#[test]
fn path_info_is_what_the_wildcard_matches() {
    for (route, path, path_info, prefix) in [
        ("/foo/...", "/foo", "", "/foo"),
        ("/foo/...", "/foo/", "/", "/foo"),
        ("/foo/...", "/foo/bar", "/bar", "/foo"),
        ("/foo/...", "/foo/bar/", "/bar/", "/foo"),
        ("/...", "/a/b", "/a/b", ""),
        ("/foo", "/foo", "", "/foo"),
    ] {
        let route_match = Pattern::parse(route).unwrap().match_path(path).unwrap();
        let actual = (route_match.path_info.as_str(), route_match.route_prefix());
        assert_eq!(actual, (path_info, prefix), "{path}");
    }
}

#[test]
fn a_match_has_the_parameters_names_and_values() {
    let pattern = Pattern::parse("/users/:user/files/:file/...").unwrap();
    let route_match = pattern.match_path("/users/ann/files/7/raw").unwrap();
    let pairs: Vec<_> = route_match
        .parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(pairs, [("user", "ann"), ("file", "7")]);
    assert_eq!(route_match.path_info, "/raw");
}

#[test]
fn a_wildcard_must_be_at_the_end_and_a_parameter_have_a_name() {
    for route in ["/.../foo", "/a/*/b", "/:"] {
        assert!(Pattern::parse(route).is_err(), "{route}");
    }
}
