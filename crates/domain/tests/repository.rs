//! Repository URLs, refs, paths and commits: which are valid, and their canonical forms.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

use nokube_domain::repository::{
    CommitSha, Repository, normalize_file_path, normalize_path, parse_git_ref,
};

fn parse(url: &str) -> Result<String, String> {
    let web = "https://github.com".parse().unwrap();
    Repository::from_url(url, &web).map(|repository| repository.to_string())
}

#[test]
fn spellings_of_one_url_name_the_same_repository() {
    for url in [
        "https://github.com/o/r",
        "https://github.com/o/r/",
        "https://github.com/o/r.git",
        "https://github.com/o/r.git/",
        "https://GitHub.com:443/o/r",
    ] {
        assert_eq!(parse(url).as_deref(), Ok("o/r"), "{url}");
    }
    assert_eq!(parse("https://github.com/Some-One/a.b_c-d").as_deref(), Ok("Some-One/a.b_c-d"));
}

#[test]
fn other_urls_are_rejected() {
    for url in [
        "",
        "o/r",
        "github.com/o/r",
        "http://github.com/o/r",
        "git@github.com:o/r.git",
        "git://github.com/o/r",
        "file:///o/r",
        "https://gitlab.com/o/r",
        "https://github.com.evil.com/o/r",
        "https://evilgithub.com/o/r",
        "https://www.github.com/o/r",
        "https://github.com:8443/o/r",
        "https://evil.com\\@github.com/o/r",
        "https://evil.com#@github.com/o/r",
        "https://evil.com/https://github.com/o/r",
        "https://github.com/",
        "https://github.com/o",
        "https://github.com/o/.git",
        "https://github.com/o/r/tree/main",
        "https://github.com/o//r",
        "https://github.com/o/r?x=1",
        "https://github.com/o/r?",
        "https://github.com/o/r#x",
        "https://github.com/o/..",
        "https://github.com/o/../r",
        "https://github.com/o/%2e%2e",
        "https://github.com/o/%2e%2e/r",
        "https://github.com/o/r%2f..",
        "https://github.com/o/r%00",
        "https://github.com/o/r r",
        "https://github.com/ö/r",
        "https://github.com/o/ｒ",
        "https://githuｂ.com.evil.com/o/r",
        "https://gіthub.com/o/r", // a Cyrillic letter
        "https://github.com。evil.com/o/r",
        "https://[::1]/o/r",
        "https://127.0.0.1/o/r",
    ] {
        let error = parse(url).expect_err(url);
        assert!(error.contains("must be https://github.com/OWNER/REPOSITORY"), "{url}: {error}");
    }
}

#[test]
fn the_error_for_another_form_of_address_suggests_the_url() {
    for address in [
        "o/r",
        "o/r.git",
        "github.com/o/r",
        "http://github.com/o/r",
        "git@github.com:o/r.git",
        "ssh://git@github.com/o/r.git",
        "ssh://git@github.com:22/o/r",
        "git://github.com/o/r.git",
        "git+https://github.com/o/r.git",
        "https://www.github.com/o/r",
        " https://GitHub.com/o//r ",
        "https://github.com/o/r/tree/main",
        "https://github.com/o/r/blob/main/services/Dockerfile",
        "https://github.com/o/r?tab=readme-ov-file",
        "https://github.com/o/r.git#readme",
    ] {
        let error = parse(address).expect_err(address);
        assert!(error.ends_with("; did you mean https://github.com/o/r?"), "{address}: {error}");
    }
    for address in ["https://gitlab.com/o/r", "git@gitlab.com:o/r.git", "gitlab.com/o/r", "o"] {
        let error = parse(address).expect_err(address);
        assert_eq!(error, "must be https://github.com/OWNER/REPOSITORY", "{address}");
    }
}

#[test]
fn full_names_of_refs_are_shortened() {
    for (name, short) in [
        ("refs/heads/main", "main"),
        ("refs/heads/feature/x", "feature/x"),
        ("refs/tags/v1", "tags/v1"),
        ("heads/main", "heads/main"),
    ] {
        assert_eq!(parse_git_ref(name).as_deref(), Ok(short));
    }
    let url = parse_git_ref("https://github.com/o/r/tree/main").unwrap_err().to_string();
    assert!(url.contains("not a URL"), "{url}");
    for other_without_prefix in ["refs/heads/-x", "refs/heads/@", "refs/heads/refs/heads/x"] {
        assert!(parse_git_ref(other_without_prefix).is_err(), "{other_without_prefix}");
    }
}

#[test]
fn the_error_for_an_invalid_path_names_the_change() {
    for (path, expected) in [
        ("/web", "without '/' at the beginning"),
        ("web\\app", "not a backslash"),
        ("../web", "without '..'"),
        ("a/../web", "without '..'"),
        ("", "'.' is its root"),
        ("https://github.com/o/r", "not a URL"),
        ("-web", "must not begin with '-'"),
        ("a\nb", "control characters"),
    ] {
        let error = normalize_path(path).unwrap_err().to_string();
        assert!(error.contains(expected), "{path:?}: {error}");
    }
}

#[test]
fn a_directory_is_not_a_file() {
    for path in ["", ".", "./", "docker/", "docker/."] {
        let error = normalize_file_path(path).unwrap_err().to_string();
        assert!(error.contains("not of a directory"), "{path:?}: {error}");
    }
    assert_eq!(normalize_file_path("./docker//Dockerfile").as_deref(), Ok("docker/Dockerfile"));
    assert!(normalize_file_path("/").unwrap_err().to_string().contains("without '/'"));
}

#[test]
fn credentials_are_rejected_and_not_repeated_in_the_error() {
    for url in [
        "https://me@github.com/o/r",
        "https://me:hunter2@github.com/o/r",
        "https://:hunter2@github.com/o/r",
        "https://hunter2@evil.com/o/r",
        "ssh://hunter2@github.com/o/r",
    ] {
        let error = parse(url).expect_err(url);
        assert!(error.starts_with("must not hold credentials"), "{error}");
        assert!(!error.contains("hunter2"));
    }
}

#[test]
fn an_enterprise_server_has_its_own_host_and_port() {
    let web = "https://git.example.com:8443".parse().unwrap();
    let parse = |url| Repository::from_url(url, &web).map(|repository| repository.to_string());
    assert_eq!(parse("https://git.example.com:8443/o/r").as_deref(), Ok("o/r"));
    assert!(parse("https://git.example.com/o/r").is_err());
    assert!(parse("https://github.com/o/r").is_err());
}

/// The rules of `git help check-ref-format`. In addition, a leading `-` is invalid, because a command would
/// take it for an option.
#[test]
fn refs_are_validated_as_git_does() {
    let sha = "a".repeat(40);
    let longest = "a".repeat(255);
    for valid in [
        "main",
        "feature/x",
        "v1.0.0",
        "refs/pull/1/head",
        "tags/v1",
        "a@b",
        "a-b_c+d=e,f;g!h$i&j'k(l)m%n",
        "ö",
        "a.lockx",
        "x/lock",
        &sha,
        &longest,
    ] {
        assert_eq!(parse_git_ref(valid).as_deref(), Ok(valid));
    }
    let long = "a".repeat(256);
    for invalid in [
        "", "-x", "/a", "a/", "a//b", ".a", "a/.b", "a.", "a..b", "a.lock", "a.lock/b", "@",
        "a@{1}", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a\tb", "a\nb", "a\u{7f}",
        "a\0", &long,
    ] {
        assert!(parse_git_ref(invalid).is_err(), "{invalid:?}");
    }
}

#[test]
fn paths_are_normalized_and_stay_inside_the_repository() {
    for (path, normalized) in [
        (".", "."),
        ("./", "."),
        ("a", "a"),
        ("a/b/", "a/b"),
        ("./a//b/./c", "a/b/c"),
        ("a..b/..c/d..", "a..b/..c/d.."),
        ("a b/ö", "a b/ö"),
        ("a/-b", "a/-b"),
    ] {
        assert_eq!(normalize_path(path).as_deref(), Ok(normalized));
    }
    let long = "a".repeat(513);
    for invalid in [
        "", "/", "/a", "//a", "..", "../a", "a/..", "a/../b", "./..", "a\\b", "..\\a", "a\nb",
        "a\0", "a\u{7f}", "\u{85}", "-rf", "./-rf", ".//./-rf", &long,
    ] {
        assert!(normalize_path(invalid).is_err(), "{invalid:?}");
    }
}

#[test]
fn a_commit_sha_has_forty_or_sixty_four_digits() {
    for (length, is_valid) in [(39, false), (40, true), (41, false), (63, false), (64, true)] {
        let upper: Result<CommitSha, _> = "AB1".repeat(22)[..length].parse();
        assert_eq!(upper.is_ok(), is_valid, "{length}");
        assert!(upper.is_err() || upper.unwrap().to_string().starts_with("ab1"));
    }
    assert!("g".repeat(40).parse::<CommitSha>().is_err());
    assert!("é".repeat(20).parse::<CommitSha>().is_err());
}
