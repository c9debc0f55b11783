//! Names of people, projects and services, image names, and how names are combined.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use nokube_domain::{
    image::{Digest, ImageTag, Registry},
    name::{Login, ProjectName, ServiceName, Username, qualified_service_name},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

fn combined(owner: &str, project: &str, service: &str) -> Option<String> {
    let (owner, project) = (owner.parse().ok()?, project.parse().ok()?);
    Some(qualified_service_name(&owner, &project, &service.parse().ok()?))
}

#[test]
fn hyphens_inside_owner_and_project_are_doubled() {
    let cases = [
        ("testuser", "myapp", "frontend", "testuser-myapp-frontend"),
        ("a-b", "c", "d", "a--b-c-d"),
        ("a", "b-c", "d", "a-b--c-d"),
        ("a", "b", "c-d", "a-b-c-d"),
        ("a", "b", "c--d", "a-b-c--d"),
    ];
    for (owner, project, service, expected) in cases {
        assert_eq!(combined(owner, project, service).unwrap(), expected);
    }
}

/// Tries all strings of `a` and `-` of up to four characters as owner, project and service.
#[test]
fn all_small_triples_have_different_names() {
    let mut texts = vec![String::new()];
    let mut all = Vec::new();
    for _ in 0..4 {
        texts = texts.iter().flat_map(|t| [format!("{t}a"), format!("{t}-")]).collect();
        all.extend(texts.clone());
    }
    let mut names = BTreeMap::new();
    for owner in &all {
        for project in &all {
            for service in &all {
                if let Some(text) = combined(owner, project, service) {
                    let triple = (owner, project, service);
                    assert_eq!(
                        names.insert(text, triple),
                        None,
                        "{triple:?} has the name of another triple"
                    );
                }
            }
        }
    }
    assert_eq!(names.len(), 8 * 7 * 8, "a project may not have two hyphens in a row");
}

fn username(login: &str) -> String {
    Username::from_login(&login.parse().unwrap()).to_string()
}

#[test]
fn every_login_has_a_username() {
    for (login, expected) in [
        ("testuser", "testuser"),
        ("Test-User-2", "test-user-2"),
        ("jdoe_acme", "jdoe--acme"),
        ("j-doe_acme", "j-doe--acme"),
        ("a_b_c", "a--b--c"),
        ("bob-", "bob---108"),
        ("-", "0---4"),
        ("0-", "0---12"),
    ] {
        assert_eq!(username(login), expected, "{login}");
    }
    let parse = |login: &str| username(login).parse::<Username>();
    for login in
        ["-_".repeat(19), "_a".repeat(19), "a_".repeat(19), "_".repeat(39), "a--".repeat(13)]
    {
        assert!(parse(&login).is_ok(), "{login}: {}", username(&login));
    }
}

/// All logins of up to seven characters of an alphabet with every kind of character, and all of up to 39 hyphens and
/// underscores at the ends or in the middle of longer ones.
#[test]
fn different_logins_have_different_usernames() {
    let mut logins = vec![String::new()];
    let mut all = Vec::new();
    for _ in 0..7 {
        let longer = |login: &String| ["a", "0", "-", "_"].map(|c| format!("{login}{c}"));
        logins = logins.iter().flat_map(longer).collect();
        all.extend(logins.clone());
    }
    for length in 8..=39 {
        for at in 0..length {
            for special in ["-", "_", "--", "__", "-_"] {
                let mut login = "a".repeat(length - 1);
                login.insert_str(at, special);
                all.push(login.chars().take(39).collect());
            }
        }
    }
    all.sort();
    all.dedup();
    let mut usernames = BTreeMap::new();
    for login in &all {
        let name = username(login);
        assert!(name.parse::<Username>().is_ok(), "{login} {name}");
        let is_plain = !login.contains('_')
            && !login.contains("--")
            && !login.starts_with('-')
            && !login.ends_with('-');
        assert_eq!(is_plain, name == *login, "only a plain login is its own username: {login}");
        assert_eq!(usernames.insert(name, login), None, "{login}");
    }
    assert!(usernames.len() > 21_000);
}

/// The grammar of the OCI distribution specification 1.1, "Pulling manifests".
fn is_oci_name(text: &str) -> bool {
    let alnum = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.split('/').all(|part| {
        let separators: Vec<_> = part.split(alnum).filter(|s| !s.is_empty()).collect();
        let edge = |c: Option<char>| c.is_some_and(alnum);
        edge(part.chars().next())
            && edge(part.chars().last())
            && separators
                .iter()
                .all(|s| matches!(*s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn different_triples_have_different_names(
        a in "[ab]{1,2}(-[ab]{1,2}){0,2}", b in "[ab](-[ab]){0,2}", c in "[ab](-{1,3}[ab]){0,3}",
        x in "[ab]{1,2}(-[ab]{1,2}){0,2}", y in "[ab](-[ab]){0,2}", z in "[ab](-{1,3}[ab]){0,3}",
    ) {
        let (one, other) = (combined(&a, &b, &c).unwrap(), combined(&x, &y, &z).unwrap());
        prop_assert_eq!(one == other, (a, b, c) == (x, y, z));
    }

    #[test]
    fn different_longer_logins_have_different_usernames(
        one in "[ab_-]{1,39}", other in "[ab_-]{1,39}",
    ) {
        prop_assert_eq!(username(&one) == username(&other), one == other);
    }

    #[test]
    fn the_names_of_different_logins_projects_and_services_are_different(
        a in "[a_-]{1,6}", b in "[ab](-[ab]){0,1}", c in "[ab](-{1,3}[ab]){0,2}",
        x in "[a_-]{1,6}", y in "[ab](-[ab]){0,1}", z in "[ab](-{1,3}[ab]){0,2}",
    ) {
        let name = |login: &str, project, service| combined(&username(login), project, service).unwrap();
        let (one, other) = (name(&a, &b, &c), name(&x, &y, &z));
        prop_assert_eq!(one == other, (a, b, c) == (x, y, z));
        prop_assert!(is_oci_name(&one), "{one}");
    }

    #[test]
    fn image_names_are_valid_in_registries(
        owner in "[a-zA-Z0-9]{1,9}(-{1,3}[a-z0-9]{1,9}){0,3}",
        project in "[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}",
        service in "[a-z0-9]{1,9}(-{1,3}[a-z0-9]{1,5}){0,3}",
        namespace in "[a-zA-Z0-9._/-]{1,12}",
    ) {
        let Ok(registry) = Registry::new("ghcr.io", &namespace) else { return Ok(()) };
        let (owner, project) = (owner.parse().unwrap(), project.parse().unwrap());
        let repository = registry.repository(&owner, &project, &service.parse().unwrap());
        prop_assert!(is_oci_name(&repository), "{repository}");
        prop_assert!(repository.len() <= 255);
    }
}

#[test]
fn the_longest_names_fit_into_an_image_reference() {
    let owner = username(&format!("{}a", "a_".repeat(19))).parse().unwrap();
    let project = format!("{}aa", "a-".repeat(19)).parse().unwrap();
    let service = "s".repeat(40).parse().unwrap();
    let image = Registry::new("ghcr.io", "amzhm").unwrap().image(&owner, &project, &service);
    assert!(image.len() <= 255, "{}", image.len());
}

/// Checks that each text of `valid` is accepted and has the given canonical form, and that each text of
/// `invalid` is rejected with a message that says what it must be.
fn check<T: FromStr<Err: Display> + Display>(valid: &[(&str, &str)], invalid: &[&str]) {
    for (text, canonical) in valid {
        let name: Result<T, _> = text.parse();
        assert_eq!(name.map_err(|e| e.to_string()).map(|n| n.to_string()), Ok((*canonical).into()));
    }
    for text in invalid {
        let result = text.parse::<T>().map(|name| name.to_string()).map_err(|e| e.to_string());
        let error = result.expect_err(text);
        assert!(error.starts_with("must "), "{text}: {error}");
    }
}

const INVALID_LABELS: [&str; 10] = ["", "-", "-a", "a-", "a_b", "a.b", "a b", "é", "a\n", "a/b"];

#[test]
fn names_are_validated() {
    let long = "a".repeat(41);
    check::<Username>(&[("TestUser", "testuser"), ("a-b", "a-b"), ("0", "0")], &INVALID_LABELS);
    let (longest, longer) = ("a".repeat(63), "a".repeat(64));
    check::<Username>(&[("a---b", "a---b"), (&longest, &longest)], &["a----b", &longer]);
    check::<Login>(
        &[("JDoe_Acme", "jdoe_acme"), ("bob-", "bob-"), ("-", "-")],
        &["", "a b", "a.b"],
    );
    check::<Login>(&[(&"a".repeat(39), &"a".repeat(39))], &[&"a".repeat(40), "nokube[bot]", "é"]);
    check::<ProjectName>(&[("my-app", "my-app"), ("2048", "2048")], &INVALID_LABELS);
    check::<ProjectName>(&[], &["MyApp", "my--app", &long]);
    check::<ServiceName>(&[("a--b", "a--b"), (&long[1..], &long[1..])], &INVALID_LABELS);
    check::<ServiceName>(&[], &["Frontend", &long]);
}

#[test]
fn tags_are_validated() {
    let (longest, longer) = ("v".repeat(128), "v".repeat(129));
    let valid = ["latest", "v1.2.3", "_x", "A-b.c_d", "build", "Build-1", &longest];
    check::<ImageTag>(&valid.map(|tag| (tag, tag)), &["", ".a", "-a", "a:b", "a b", "a/b", "é"]);
    check::<ImageTag>(&[], &["a\n", &longer, "build-1"]);
}

#[test]
fn a_request_cannot_name_the_tag_of_a_pull_request() {
    for tag in [
        "pr-7",
        "pr-0",
        "pr-007",
        "pr-99999999999999999999",
        ImageTag::of_pull_request(12).as_str(),
    ] {
        let error = ImageTag::parse_field(tag).unwrap_err();
        assert!(error.0.contains("pull requests' images"), "{error}");
        // It may be stored: requests could name it once.
        assert_eq!(serde_json::to_value(tag.parse::<ImageTag>().unwrap()).unwrap(), tag);
    }
    for tag in ["pr", "pr-", "pr-x", "pr-7a", "pr-7-rc", "pr_7", "PR-7", "xpr-7", "7"] {
        assert_eq!(ImageTag::parse_field(tag).unwrap().as_str(), tag);
    }
    assert!(ImageTag::parse_field("build-1").is_err() && ImageTag::parse_field("").is_err());
}

#[test]
fn digests_are_validated() {
    let hex = "0123456789abcdef".repeat(4);
    let digest = format!("sha256:{hex}");
    let capitals = format!("sha256:{}", hex.to_uppercase());
    check::<Digest>(&[(&digest, &digest)], &["", "sha256:", &hex, &capitals, &digest[..70]]);
    check::<Digest>(
        &[],
        &[&format!("{digest}0"), &format!("sha512:{hex}"), &format!("{digest}\n")],
    );
}

#[test]
fn a_registry_needs_a_valid_host_and_namespace() {
    let valid = [("ghcr.io", "amzhm"), ("GHCR.io", "AMZHM"), ("localhost:5000", "a/b__c/d-e.f_g")];
    for (host, namespace) in valid {
        let registry = Registry::new(host, namespace).unwrap();
        assert_eq!(registry.host(), host.to_lowercase());
        let service = "c".parse().unwrap();
        let image = registry.image(&"a".parse().unwrap(), &"b".parse().unwrap(), &service);
        assert_eq!(image, format!("{host}/{namespace}/a-b-c").to_lowercase());
    }
    let hosts = [
        "",
        "https://ghcr.io",
        "ghcr.io/x",
        "a b",
        "a@b",
        ":5000",
        "a:",
        "a:b",
        "a:1:2",
        ".",
        "-a",
        "a..b",
    ];
    for host in hosts {
        assert!(Registry::new(host, "x").is_err(), "{host}");
    }
    for namespace in ["", "/", "a/", "/a", "a//b", "-a", "a.", "a..b", "a___b", "a._b", "a b", "é"]
    {
        assert!(Registry::new("ghcr.io", namespace).is_err(), "{namespace}");
    }
}

#[test]
fn names_are_validated_when_deserialized() {
    assert!(serde_json::from_str::<ProjectName>(r#""a--b""#).is_err());
    assert!(serde_json::from_str::<Digest>(r#""sha256:1""#).is_err());
    assert!(serde_json::from_str::<ImageTag>(r#""build-1""#).is_err());
    assert_eq!(serde_json::to_string(&"a".parse::<Username>().unwrap()).unwrap(), r#""a""#);
}
