//! Which route answers a path.

use local_host::routes::{Pattern, Router};

#[test]
fn the_most_exact_route_answers() {
    let all = [
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
    let routes = all.iter().enumerate().map(|(n, route)| (Pattern::parse(route).unwrap(), n));
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
        let found = router.find(path).map(|(found, _)| found.raw_route);
        assert_eq!(found.as_deref(), expected, "{path}");
    }
    let last = router.find("/twice").map(|(_, n)| *n);
    assert_eq!(last, Some(9), "of two equal routes the last");
}

#[test]
fn a_wildcard_hands_on_the_rest_of_the_path() {
    for (route, path, path_info, prefix) in [
        ("/foo/...", "/foo", "", "/foo"),
        ("/foo/...", "/foo/", "/", "/foo"),
        ("/foo/...", "/foo/bar", "/bar", "/foo"),
        ("/foo/...", "/foo/bar/", "/bar/", "/foo"),
        ("/...", "/a/b", "/a/b", ""),
        ("/foo", "/foo", "", "/foo"),
    ] {
        let found = Pattern::parse(route).unwrap().find(path).unwrap();
        assert_eq!((found.path_info.as_str(), found.route_prefix()), (path_info, prefix), "{path}");
    }
}

#[test]
fn parameters_are_named() {
    let pattern = Pattern::parse("/users/:user/files/:file/...").unwrap();
    let found = pattern.find("/users/ann/files/7/raw").unwrap();
    let pairs: Vec<_> = found.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(pairs, [("user", "ann"), ("file", "7")]);
    assert_eq!(found.path_info, "/raw");
}

#[test]
fn a_wildcard_stands_at_the_end() {
    for wrong in ["/.../foo", "/a/*/b", "/:"] {
        assert!(Pattern::parse(wrong).is_err(), "{wrong}");
    }
}
