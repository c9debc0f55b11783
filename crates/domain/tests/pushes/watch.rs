//! Which files concern a service.

use crate::fixtures::{files, globs, spec};
use nokube_domain::{
    builds::Source,
    fields::Fields,
    pushes::{WatchPath, WatchedPaths},
    services::NewService,
};
use proptest::prelude::*;
use serde_json::json;
use std::time::Instant;

#[test]
fn globs_match_names_and_directories() {
    let cases: [(&str, &[&str], &[&str]); 11] = [
        ("src/**", &["src/a", "src/a/b.rs"], &["src2/a", "a/src/b"]),
        ("**/*.rs", &["a.rs", "src/a.rs", "src/b/c.rs"], &["a.rs.md", "src/a.go"]),
        ("src/*.rs", &["src/a.rs", "src/.rs"], &["src/b/a.rs", "a.rs"]),
        ("src/**/test?.rs", &["src/test1.rs", "src/a/b/testß.rs"], &["src/test.rs"]),
        ("*", &["a", ".env"], &["a/b"]),
        ("**", &["a", "a/b/c"], &[]),
        (".", &["a", "a/b/c"], &[]),
        ("docs", &["docs", "docs/a/b"], &["docs2", "a/docs"]),
        ("./docs/", &["docs/a"], &["doc"]),
        ("app/[id]/**", &["app/[id]/page.tsx"], &["app/i/page.tsx"]),
        ("a/**/b/**/c", &["a/b/c", "a/x/b/y/z/c", "a/b/b/c/c", "a/b/c/d"], &["a/c/b"]),
    ];
    for (glob, matching, others) in cases {
        let watched = globs(&[glob]);
        for file in matching {
            assert!(watched.are_touched(&files(&["x/y", file])), "{glob} {file}");
        }
        for file in others {
            assert!(!watched.are_touched(&files(&[file])), "{glob} {file}");
        }
    }
}

#[test]
fn without_globs_it_is_the_context_and_the_dockerfile() {
    let all = WatchedPaths::new(&[], &spec(".", Source::Buildpacks));
    assert!(all.are_touched(&files(&["anything"])) && !all.are_touched(&files(&[])));
    let outside = Source::DockerfilePath("docker/api.Dockerfile".into());
    let watched = WatchedPaths::new(&[], &spec("services/[a]*", outside));
    for (file, is_touched) in [
        ("services/[a]*/x", true),
        ("docker/api.Dockerfile", true),
        ("docker/web.Dockerfile", false),
        ("services/[a]b/x", false),
    ] {
        assert_eq!(watched.are_touched(&files(&[file])), is_touched, "{file}");
    }
    let given: WatchPath = "lib/**".parse().unwrap();
    let watched = WatchedPaths::new(&[given], &spec("services", Source::Buildpacks));
    assert!(!watched.are_touched(&files(&["services/x"])));
}

#[test]
fn what_is_no_glob_is_refused_with_a_sentence() {
    let long = "a".repeat(201);
    for (path, expected) in [
        ("!docs", "cannot be excluded"),
        ("../a", "must stay inside the repository"),
        ("a/../b", "must stay inside the repository"),
        ("/a", "must be relative"),
        ("a\\b", "not a backslash"),
        ("a**", "only as a whole name"),
        ("*/*/*/*/*", "at most four wildcards"),
        ("**/a/**/b/**/*.*", "at most four wildcards"),
        (&long, "at most 200 bytes"),
        ("", "must be a path"),
    ] {
        let refused = path.parse::<WatchPath>().unwrap_err().to_string();
        assert!(refused.contains(expected), "{path}: {refused}");
    }
    let body = json!({
        "repository_url": "https://github.com/acme/shop", "watch_paths": vec!["a"; 21],
    });
    let mut fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
    let new = NewService::read(&mut fields);
    assert!(fields.has_error("watch_paths"));
    assert_eq!(new.automation.build_on_push, Some(false));
}

#[test]
fn a_hostile_path_takes_no_time() {
    let watched = globs(&["**/*a*a*a"]);
    let file = format!("{}b", "a/".repeat(20_000));
    let name = format!("{}b", "a".repeat(40_000));
    let start = Instant::now();
    assert!(!watched.are_touched(&files(&[&file, &name])));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Whether `text` matches, tried in every way.
fn matches_slowly(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some(('*', others)), None) => matches_slowly(others, text),
        (Some(('*', others)), Some((c, rest))) => {
            matches_slowly(others, text) || (*c != '/' && matches_slowly(pattern, rest))
        }
        (Some(('?', others)), Some((c, rest))) => *c != '/' && matches_slowly(others, rest),
        (Some((wanted, others)), Some((c, rest))) => wanted == c && matches_slowly(others, rest),
        (Some(_), None) => false,
    }
}

proptest! {
    #[test]
    fn a_name_matches_as_if_every_way_was_tried(pattern in "[ab?*]{1,6}", name in "[ab]{0,8}") {
        prop_assume!(!pattern.contains("**") && pattern.contains(['*', '?']) && !name.is_empty());
        prop_assume!(pattern.matches('*').count() <= 4);
        let (letters, of_name): (Vec<_>, Vec<_>) =
            (pattern.chars().collect(), name.chars().collect());
        let expected = matches_slowly(&letters, &of_name);
        prop_assert_eq!(globs(&[&pattern]).are_touched(&files(&[&name])), expected);
    }
}
