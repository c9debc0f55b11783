//! Which image runs, and whose it may be.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod deploying;

use common::{known, no_jobs, view_of};
use deploying::{digest, project, project_of};
use nokube_domain::{
    ProjectId,
    build::{BuildView, RunDoc, Status},
    deploy::{ImageName, ImagePolicy, ImageUsed, Origin},
    image::Registry,
};
use proptest::prelude::*;

fn name(text: &str) -> ImageName {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn what_docker_leaves_out_is_put_in() {
    let hex = "0".repeat(64);
    let pinned = format!("nginx@sha256:{hex}");
    let both = format!("ghcr.io/a/b:v1@sha256:{hex}");
    let table = [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.29", "docker.io/library/nginx:1.29"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/nginx", "docker.io/library/nginx:latest"),
        ("registry-1.docker.io/a/b", "docker.io/a/b:latest"),
        ("bitnami/redis", "docker.io/bitnami/redis:latest"),
        ("a/b/c:d", "docker.io/a/b/c:d"),
        ("localhost/x", "localhost/x:latest"),
        ("localhost:5000/x:V1", "localhost:5000/x:V1"),
        ("GHCR.io/amzhm/x", "ghcr.io/amzhm/x:latest"),
        ("ghcr.io:443/amzhm/x", "ghcr.io/amzhm/x:latest"),
        ("INDEX.docker.io:443/nginx", "docker.io/library/nginx:latest"),
        ("10.0.0.1:80/x", "10.0.0.1:80/x:latest"),
        (&both, &both),
        (&pinned, &format!("docker.io/library/nginx@sha256:{hex}")),
    ];
    for (text, full) in table {
        assert_eq!(name(text).to_string(), full);
        assert_eq!(name(full).to_string(), full, "there is one spelling");
    }
}

#[test]
fn hostile_names_are_refused() {
    let hex = "0".repeat(64);
    let own = [
        "",
        " ",
        "/",
        ":",
        "@",
        "a/",
        "/a",
        "a//b",
        "a:",
        ":a",
        "a:b:c",
        "a@b",
        "Nginx",
        "ghcr.io/A/b",
        "ghcr.io./a/b",
        ".ghcr.io/a/b",
        "ghcr..io/a",
        "https://ghcr.io/a/b",
        "user@ghcr.io/a/b",
        "user:password@ghcr.io/a",
        "ghcr.io:/a/b",
        "ghcr.io:0443/a/b",
        "ghcr.io:+443/a/b",
        "ghcr.io:443:443/a/b",
        "ghcr.io:99999/a/b",
        "ghcr.io:0/a",
        "ghcr.io/../b",
        "a/./b",
        "a/..",
        "a b",
        "a\nb",
        "a\0",
        "é",
        "a%2fb",
        "a?b",
        "a#b",
        "a\\b",
        "$(id)",
        "{{x}}",
        "a:-b",
        "a:.b",
        "nginx:é",
        "[::1]/a",
        "ghcr.io/a/b@sha256:1",
        "ghcr.io/a/b@sha512:1",
        "-a",
        "a-",
        "a___b",
        "registry-1.docker.io:0443/a/b",
    ];
    let made = [
        format!("nginx@sha256:{}", hex.replace('0', "A")),
        format!("nginx@sha256:{hex}@sha256:{hex}"),
        format!("@sha256:{hex}"),
        format!("a:{}", "v".repeat(129)),
        format!("ghcr.io/{}", "a".repeat(256)),
        "a".repeat(100_000),
    ];
    for text in own.iter().copied().chain(made.iter().map(String::as_str)) {
        assert!(text.parse::<ImageName>().is_err(), "{text}");
    }
    assert!(serde_json::from_str::<ImageName>(r#""a b""#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_text_is_too_odd_and_every_name_has_one_spelling(
        text in "\\PC{0,20}|[a-zA-Z0-9.:/@_-]{0,40}|[a-z]{1,3}(\\.io)?(:[0-9]{1,5})?(/[a-z._-]{1,4}){0,3}(:[a-zA-Z0-9]{1,3})?",
    ) {
        if let Ok(name) = text.parse::<ImageName>() {
            prop_assert_eq!(name.to_string().parse::<ImageName>(), Ok(name.clone()));
            let json = serde_json::to_string(&name).unwrap();
            prop_assert_eq!(serde_json::from_str::<ImageName>(&json).unwrap(), name);
        }
    }
}

fn policy(host: &str, foreign: Option<&[&str]>) -> ImagePolicy {
    let foreign = foreign.map(|all| all.iter().map(|text| (*text).to_owned()).collect());
    ImagePolicy { registry: Registry::new(host, "amzhm").unwrap(), foreign }
}

#[test]
fn an_image_of_another_project_is_refused_in_every_spelling() {
    let refused = [
        "ghcr.io/amzhm/other-myapp-frontend",
        "ghcr.io/amzhm/testuser-other-frontend",
        "GHCR.IO/amzhm/other-myapp-frontend",
        "ghcr.io:443/amzhm/other-myapp-frontend",
        "GhCr.Io:443/amzhm/other-myapp-frontend:v1",
        "ghcr.io/amzhm/testuser-myapp-frontend/nested",
        "ghcr.io/amzhm/testuser-myapp-a/other-myapp-frontend",
        "ghcr.io/amzhm/a/b",
        "ghcr.io/amzhm/testuser-myapp",
        // Another project, `my-app` of `testuser-myapp`, has names that begin alike.
        "ghcr.io/amzhm/testuser-myapp--x-frontend",
        "ghcr.io/amzhm/testuser--myapp-x-frontend",
        "ghcr.io/amzhm/testuser-myapp-a_b",
        "ghcr.io/amzhm/testuser-myapp-a.b",
    ];
    let ours = ["testuser-myapp-frontend", "testuser-myapp-a--b:v1", "testuser-myapp-2"];
    let elsewhere =
        ["ghcr.io/amzhm2/other-myapp-frontend", "ghcr.io/other/amzhm/x", "nginx", "amzhm/x"];
    for host in ["ghcr.io", "GHCR.io", "ghcr.io:443"] {
        let policy = policy(host, None);
        let origin = |text: &str| policy.origin(&name(text), &project());
        for text in refused {
            let problem = origin(text).expect_err(text);
            assert_eq!(problem.errors[0].field, "image_name");
        }
        for text in ours {
            assert_eq!(origin(&format!("ghcr.io/amzhm/{text}")), Ok(Origin::OfProject), "{text}");
        }
        for text in elsewhere {
            assert_eq!(origin(text), Ok(Origin::Foreign), "{text}");
        }
    }
    let hub = policy("docker.io", None);
    for text in ["amzhm/a-b-c", "index.docker.io/amzhm/a-b-c", "registry-1.docker.io/amzhm/a-b-c"] {
        assert!(hub.origin(&name(text), &project()).is_err(), "{text}");
    }
    let hyphens = policy("ghcr.io", None);
    let image = name("ghcr.io/amzhm/a--b-c-d");
    assert_eq!(hyphens.origin(&image, &project_of("a-b", "c")), Ok(Origin::OfProject));
    assert!(hyphens.origin(&image, &project_of("a", "b-c")).is_err());
}

#[test]
fn foreign_images_begin_as_the_operator_allows_part_by_part() {
    let allowed = ["docker.io/library", "quay.io/", "ghcr.io/friend/app"];
    let policy = policy("ghcr.io", Some(&allowed));
    let origin = |text: &str| policy.origin(&name(text), &project());
    for text in
        ["nginx:1", "docker.io/nginx", "quay.io/a/b", "ghcr.io/friend/app", "ghcr.io/friend/app/x"]
    {
        assert_eq!(origin(text), Ok(Origin::Foreign), "{text}");
    }
    for text in [
        "library2/x",
        "quay.io.evil.net/a",
        "quay.io:8443/a",
        "ghcr.io/friend/apple",
        "ghcr.io/friend",
    ] {
        let problem = origin(text).expect_err(text);
        assert!(problem.errors[0].detail.contains("docker.io/library, quay.io/"), "{problem:?}");
    }
    let none = self::policy("ghcr.io", Some(&[]));
    assert!(none.origin(&name("nginx"), &project()).is_err());
    let own = none.origin(&name("ghcr.io/amzhm/testuser-myapp-x"), &project());
    assert_eq!(own, Ok(Origin::OfProject));
    assert!(self::policy("ghcr.io", Some(&[""])).origin(&name("nginx"), &project()).is_err());
}

/// A build of the project that has ended as `status` says.
fn build(status: Status, made: bool) -> BuildView {
    BuildView {
        status,
        image_digest: made.then(|| digest('b')),
        ..view_of(&known(RunDoc::new(common::id()), no_jobs()))
    }
}

#[test]
fn only_a_build_that_ended_well_has_an_image() {
    let used = ImageUsed::of_build(&build(Status::Success, true), None, &project()).unwrap();
    assert_eq!(used.name.to_string(), "ghcr.io/amzhm/testuser-myapp-frontend:latest");
    let reference = format!("ghcr.io/amzhm/testuser-myapp-frontend@{}", digest('b'));
    assert_eq!(
        (used.reference(), used.is_ours(), used.build),
        (reference, true, Some(common::id()))
    );
    let table = [
        (Status::Pending, true, "not ended"),
        (Status::Building, true, "not ended"),
        (Status::Failed, true, "made no image"),
        (Status::Cancelled, true, "made no image"),
        (Status::Success, false, "does not show"),
    ];
    for (status, made, words) in table {
        let problem = ImageUsed::of_build(&build(status, made), None, &project()).unwrap_err();
        assert_eq!(problem.errors[0].field, "build_id");
        assert!(problem.detail.contains(words), "{status:?}: {problem:?}");
    }
}

#[test]
fn a_build_is_of_this_project_and_made_the_image_that_is_asked_for() {
    let build = build(Status::Success, true);
    let of = |asked: &str| ImageUsed::of_build(&build, Some(&name(asked)), &project());
    let own = "ghcr.io/amzhm/testuser-myapp-frontend";
    for asked in ["", ":v9", &format!("@{}", digest('b'))] {
        assert!(of(&format!("{own}{asked}")).is_ok(), "{asked}");
    }
    for asked in [format!("{own}@{}", digest('c')), format!("{own}2"), "nginx".into()] {
        assert_eq!(of(&asked).unwrap_err().errors[0].field, "image_name", "{asked}");
    }
    let other = nokube_domain::project::Project { id: ProjectId(8), ..project() };
    let problem = ImageUsed::of_build(&build, None, &other).unwrap_err();
    assert_eq!(problem.errors[0].field, "build_id");
}

#[test]
fn a_foreign_image_runs_as_it_was_named() {
    let pinned = format!("nginx:1@{}", digest('a'));
    let table = [
        ("nginx", "docker.io/library/nginx:latest".to_owned()),
        ("nginx:1", "docker.io/library/nginx:1".to_owned()),
        (&pinned, format!("docker.io/library/nginx@{}", digest('a'))),
    ];
    for (text, reference) in table {
        let used = ImageUsed::foreign(name(text));
        assert_eq!((used.reference(), used.is_ours()), (reference, false));
    }
}
