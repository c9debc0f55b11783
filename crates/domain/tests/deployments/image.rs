//! Image references, and which images a project may deploy.

use crate::build_fixtures::{self, no_jobs, state, view_of};
use crate::fixtures::{digest, project, project_of};
use nokube_domain::{
    ProjectId,
    builds::{BuildView, RunRecord, Status},
    deployments::{ImageOrigin, ImagePolicy, ImageRef, ResolvedImage},
    image::Registry,
};
use proptest::prelude::*;

fn image(text: &str) -> ImageRef {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn omitted_parts_are_filled_in_as_docker_does() {
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
        assert_eq!(image(text).to_string(), full);
        assert_eq!(image(full).to_string(), full, "the full spelling is canonical");
    }
}

const INVALID: &[&str] = &[
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

#[test]
fn invalid_references_are_rejected() {
    let hex = "0".repeat(64);
    let made = [
        format!("nginx@sha256:{}", hex.replace('0', "A")),
        format!("nginx@sha256:{hex}@sha256:{hex}"),
        format!("@sha256:{hex}"),
        format!("a:{}", "v".repeat(129)),
        format!("ghcr.io/{}", "a".repeat(256)),
        "a".repeat(100_000),
    ];
    for text in INVALID.iter().copied().chain(made.iter().map(String::as_str)) {
        assert!(text.parse::<ImageRef>().is_err(), "{text}");
    }
    assert!(serde_json::from_str::<ImageRef>(r#""a b""#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn every_valid_reference_has_one_canonical_spelling(
        text in "\\PC{0,20}|[a-zA-Z0-9.:/@_-]{0,40}|[a-z]{1,3}(\\.io)?(:[0-9]{1,5})?(/[a-z._-]{1,4}){0,3}(:[a-zA-Z0-9]{1,3})?",
    ) {
        if let Ok(name) = text.parse::<ImageRef>() {
            prop_assert_eq!(name.to_string().parse::<ImageRef>(), Ok(name.clone()));
            let json = serde_json::to_string(&name).unwrap();
            prop_assert_eq!(serde_json::from_str::<ImageRef>(&json).unwrap(), name);
        }
    }
}

/// The operator's settings: the registry, and `foreign_images`.
fn policy(host: &str, external: &str) -> ImagePolicy {
    let registry = Registry::new(host, "amzhm").unwrap();
    ImagePolicy { registry, external: external.parse().unwrap() }
}

#[test]
fn an_image_of_another_project_is_rejected_in_every_spelling() {
    let rejected = [
        "ghcr.io/amzhm/other-myapp-frontend",
        "ghcr.io/amzhm/testuser-other-frontend",
        "GHCR.IO/amzhm/other-myapp-frontend",
        "ghcr.io:443/amzhm/other-myapp-frontend",
        "GhCr.Io:443/amzhm/other-myapp-frontend:v1",
        "ghcr.io/amzhm/testuser-myapp-frontend/nested",
        "ghcr.io/amzhm/testuser-myapp-a/other-myapp-frontend",
        "ghcr.io/amzhm/a/b",
        "ghcr.io/amzhm/testuser-myapp",
        // Names of other projects that have a common prefix with this project.
        "ghcr.io/amzhm/testuser-myapp--x-frontend",
        "ghcr.io/amzhm/testuser--myapp-x-frontend",
        "ghcr.io/amzhm/testuser-myapp-a_b",
        "ghcr.io/amzhm/testuser-myapp-a.b",
    ];
    let own = ["testuser-myapp-frontend", "testuser-myapp-a--b:v1", "testuser-myapp-2"];
    let external =
        ["ghcr.io/amzhm2/other-myapp-frontend", "ghcr.io/other/amzhm/x", "nginx", "amzhm/x"];
    for host in ["ghcr.io", "GHCR.io", "ghcr.io:443"] {
        let policy = policy(host, "*");
        let origin = |text: &str| policy.origin(&image(text), &project());
        for text in rejected {
            let problem = origin(text).expect_err(text);
            assert_eq!(problem.errors[0].field, "image_name");
        }
        for text in own {
            assert_eq!(
                origin(&format!("ghcr.io/amzhm/{text}")),
                Ok(ImageOrigin::Project),
                "{text}"
            );
        }
        for text in external {
            assert_eq!(origin(text), Ok(ImageOrigin::External), "{text}");
        }
    }
    let hub = policy("docker.io", "*");
    for text in ["amzhm/a-b-c", "index.docker.io/amzhm/a-b-c", "registry-1.docker.io/amzhm/a-b-c"] {
        assert!(hub.origin(&image(text), &project()).is_err(), "{text}");
    }
    let hyphens = policy("ghcr.io", "*");
    let with_hyphens = image("ghcr.io/amzhm/a--b-c-d");
    assert_eq!(hyphens.origin(&with_hyphens, &project_of("a-b", "c")), Ok(ImageOrigin::Project));
    assert!(hyphens.origin(&with_hyphens, &project_of("a", "b-c")).is_err());
}

/// A build of the project with this status, with or without an image digest.
fn build(status: Status, has_digest: bool) -> BuildView {
    BuildView {
        status,
        image_digest: has_digest.then(|| digest('b')),
        ..view_of(&state(RunRecord::new(build_fixtures::id()), no_jobs()))
    }
}

#[test]
fn only_a_successful_build_has_an_image() {
    let used = ResolvedImage::from_build(&build(Status::Success, true), None, &project()).unwrap();
    assert_eq!(used.name.to_string(), "ghcr.io/amzhm/testuser-myapp-frontend:latest");
    let reference = format!("ghcr.io/amzhm/testuser-myapp-frontend@{}", digest('b'));
    assert_eq!(
        (used.reference(), used.is_built_here(), used.build),
        (reference, true, Some(build_fixtures::id()))
    );
    let table = [
        (Status::Pending, true, "not ended"),
        (Status::Building, true, "not ended"),
        (Status::Failed, true, "made no image"),
        (Status::Cancelled, true, "made no image"),
        (Status::Success, false, "does not show"),
    ];
    for (status, has_digest, message) in table {
        let problem =
            ResolvedImage::from_build(&build(status, has_digest), None, &project()).unwrap_err();
        assert_eq!(problem.errors[0].field, "build_id");
        assert!(problem.detail.contains(message), "{status:?}: {problem:?}");
    }
}

#[test]
fn a_build_must_be_of_the_project_and_have_the_requested_image() {
    let build = build(Status::Success, true);
    let resolve =
        |requested: &str| ResolvedImage::from_build(&build, Some(&image(requested)), &project());
    let own = "ghcr.io/amzhm/testuser-myapp-frontend";
    for suffix in ["", ":v9", &format!("@{}", digest('b'))] {
        assert!(resolve(&format!("{own}{suffix}")).is_ok(), "{suffix}");
    }
    for requested in [format!("{own}@{}", digest('c')), format!("{own}2"), "nginx".into()] {
        assert_eq!(resolve(&requested).unwrap_err().errors[0].field, "image_name", "{requested}");
    }
    let other = nokube_domain::projects::Project { id: ProjectId(8), ..project() };
    let problem = ResolvedImage::from_build(&build, None, &other).unwrap_err();
    assert_eq!(problem.errors[0].field, "build_id");
}

#[test]
fn a_service_does_not_run_the_build_of_a_pull_request() {
    let build = BuildView { pull_request: Some(12), ..build(Status::Success, true) };
    let name = image("ghcr.io/amzhm/testuser-myapp-frontend");
    for requested in [None, Some(&name)] {
        let problem = ResolvedImage::from_build(&build, requested, &project()).unwrap_err();
        let detail = "build_id: is the build of pull request 12, which is for previews only";
        assert_eq!(problem.detail, detail);
    }
    // Where it was decided that it is for its preview, and not by a request.
    assert_eq!(ResolvedImage::of_build(&build).unwrap().digest, Some(digest('b')));
}

#[test]
fn an_external_image_runs_as_it_was_requested() {
    let pinned = format!("nginx:1@{}", digest('a'));
    let table = [
        ("nginx", "docker.io/library/nginx:latest".to_owned()),
        ("nginx:1", "docker.io/library/nginx:1".to_owned()),
        (&pinned, format!("docker.io/library/nginx@{}", digest('a'))),
    ];
    for (text, reference) in table {
        let used = ResolvedImage::external(image(text));
        assert_eq!((used.reference(), used.is_built_here()), (reference, false));
    }
}
