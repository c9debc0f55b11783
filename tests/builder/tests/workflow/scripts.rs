//! Runs the scripts of the workflow as GitHub's runner does, with valid and hostile input.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use nokube_tests_builder::workflow::{StepRunner, steps, workflow};

pub(super) fn new_runner(name: &str) -> StepRunner {
    StepRunner::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
}

/// Runs the check of a valid request with one changed variable.
fn check(runner: &StepRunner, name: &str, value: &str) -> (bool, String, String) {
    check_changed(runner, &[(name, value)])
}

/// Runs the check of a valid request with changed variables.
pub(super) fn check_changed(
    runner: &StepRunner,
    changes: &[(&str, &str)],
) -> (bool, String, String) {
    let mut env: BTreeMap<&str, &str> = VALID_REQUEST.into();
    env.extend(changes.iter().copied());
    runner.run("Check the request", &env.into_iter().collect::<Vec<_>>())
}

const VALID_REQUEST: [(&str, &str); 12] = [
    ("BUILD_ID", "0123456789abcdefghijklmnuv"),
    ("REPOSITORY", "alice/shop"),
    ("REF", "0123456789abcdef0123456789abcdef01234567"),
    ("CONTEXT", "."),
    ("DOCKERFILE_PATH", "deploy/Dockerfile"),
    ("DOCKERFILE_CONTENT", ""),
    ("BUILD_ARGS", r#"{"MODE":"prod, \"really\""}"#),
    ("IMAGE", "ghcr.io/my-org/alice-shop-web"),
    ("TAG", "latest"),
    ("PRIVATE", "false"),
    ("OWNER", "My-Org"),
    ("IMAGE_PREFIX", ""),
];

#[test]
fn a_valid_request_passes_the_check() {
    let runner = new_runner("good");
    for (name, value) in [
        ("TAG", "v1.2.3"),
        ("BUILD_ARGS", ""),
        ("BUILD_ARGS", "{}"),
        ("BUILD_ARGS", r#"{"BUILDKIT":"x","BUILD_X":"x","buildkit_syntax":"x"}"#),
        ("CONTEXT", "apps/my web"),
        ("CONTEXT", ""),
        ("IMAGE", "ghcr.io/my-org/a--b-c--d-web"),
        ("PRIVATE", "true"),
        ("PRIVATE", "false,submodules,lfs"),
    ] {
        let (passed, printed, outputs) = check(&runner, name, value);
        assert!(passed, "{name}={value}: {printed}");
        assert!(outputs.contains("unique_tag=build-0123456789abcdefghijklmnuv\n"));
        assert!(outputs.contains("owner=alice\nname=shop\n"));
        assert_eq!(outputs.lines().count(), if value.contains("lfs") { 13 } else { 11 });
    }
}

#[test]
fn the_input_private_may_request_submodules_and_lfs() {
    let runner = new_runner("fetch");
    for (private, expected) in [
        ("true", vec!["private=true"]),
        ("false,lfs", vec!["private=false", "lfs=true"]),
        ("true,submodules", vec!["private=true", "submodules=true"]),
        ("false,submodules,lfs", vec!["private=false", "submodules=true", "lfs=true"]),
        ("true,preview", vec!["private=true"]),
        ("true,lfs,preview", vec!["private=true", "lfs=true"]),
        ("false,submodules,preview", vec!["private=false", "submodules=true"]),
    ] {
        let (_, _, outputs) = check_changed(&runner, &[("PRIVATE", private), ("TAG", "pr-7")]);
        let is_option = |line: &&str| {
            ["private=", "submodules=", "lfs="].iter().any(|name| line.starts_with(name))
        };
        assert_eq!(outputs.lines().filter(is_option).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn each_image_has_its_own_cache_prefix() {
    let runner = new_runner("cache-keys");
    let prefix = |image: &str| {
        let (passed, printed, outputs) = check(&runner, "IMAGE", image);
        assert!(passed, "{printed}");
        let prefix = outputs.lines().find_map(|line| line.strip_prefix("cache=")).unwrap();
        prefix.to_owned()
    };
    let (short, long) = (prefix("ghcr.io/my-org/alice-a"), prefix("ghcr.io/my-org/alice-a-1"));
    assert_eq!((short.len(), long.len()), ("nokube-".len() + 65, "nokube-".len() + 65));
    assert_ne!(short, long);
}

#[test]
fn the_new_cache_replaces_the_old_one() {
    let runner = new_runner("cache");
    let directory = runner.directory.join("temp/nokube");
    fs::create_dir_all(directory.join("cache")).unwrap();
    fs::write(directory.join("cache/old"), "").unwrap();
    fs::create_dir_all(directory.join("cache-new")).unwrap();
    fs::write(directory.join("cache-new/index.json"), "{}").unwrap();
    let (passed, _, outputs) = runner.run("Replace the cache", &[]);
    assert!(passed && outputs == "new=true\n", "{outputs}");
    assert!(directory.join("cache/index.json").exists() && !directory.join("cache/old").exists());
    // Without `index.json` the export is incomplete.
    fs::create_dir_all(directory.join("cache-new/blobs")).unwrap();
    let (passed, _, outputs) = runner.run("Replace the cache", &[]);
    assert!(passed && outputs.is_empty() && !directory.join("cache").exists(), "{outputs}");
}

#[test]
fn an_invalid_request_is_rejected_with_a_message_and_sets_no_outputs() {
    let runner = new_runner("bad");
    for (name, value) in [
        ("BUILD_ID", "short"),
        ("BUILD_ID", "0123456789abcdefghijklmnuv\nimage=evil"),
        ("REPOSITORY", "alice"),
        ("REPOSITORY", "alice/.."),
        ("REPOSITORY", "alice/shop,other"),
        ("REPOSITORY", "alice/$(id)"),
        ("REF", "main"),
        ("REF", "0123456789abcdef0123456789abcdef01234567\n"),
        ("CONTEXT", "/etc"),
        ("CONTEXT", "a/../../b"),
        ("CONTEXT", "-x"),
        ("CONTEXT", "a\n::add-mask::b"),
        ("DOCKERFILE_PATH", "../Dockerfile"),
        ("DOCKERFILE_CONTENT", "FROM scratch"),
        ("BUILD_ARGS", "[]"),
        ("BUILD_ARGS", "not json"),
        ("BUILD_ARGS", r#"{"A":1}"#),
        ("BUILD_ARGS", r#"{"A":"x\nB=y"}"#),
        ("BUILD_ARGS", r#"{"A":"x\u0000"}"#),
        ("BUILD_ARGS", r#"{"A=B":"x"}"#),
        ("BUILD_ARGS", r#"{"A\n":"x"}"#),
        ("BUILD_ARGS", r#"[] {"A":"x"}"#),
        ("BUILD_ARGS", r#"{"A":"x"} {"B":"y"}"#),
        ("BUILD_ARGS", r#"{"BUILDKIT_SYNTAX":"evil.example/frontend"}"#),
        ("BUILD_ARGS", r#"{"A":"x","BUILDKIT_":""}"#),
        ("BUILD_ARGS", r#"{"BUILDX_X":""}"#),
        ("IMAGE", "ghcr.io/other/alice-shop-web"),
        ("IMAGE", "ghcr.io/my-org/Alice"),
        ("IMAGE", "ghcr.io/my-org/a:tag"),
        ("IMAGE", "ghcr.io/my-org/../other/a"),
        ("IMAGE", "ghcr.io/my-org/a,type=evil"),
        ("TAG", "-x"),
        ("TAG", "a b"),
        ("TAG", "build-0123456789abcdefghijklmnuv"),
        ("PRIVATE", "yes"),
        ("PRIVATE", ""),
        ("PRIVATE", "submodules"),
        ("PRIVATE", "true,lfs,submodules"),
        ("PRIVATE", "true,submodules,other"),
        ("PRIVATE", "true,lfs\nrepository=alice/other"),
        ("IMAGE_PREFIX", "registry.example.com/apps"),
    ] {
        let (passed, printed, outputs) = check(&runner, name, value);
        assert!(!passed, "{name}={value:?} passed");
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines.len(), 1, "{name}={value:?}: {printed}");
        assert!(lines[0].starts_with("::error title=Invalid request::"), "{printed}");
        assert_eq!(outputs, "", "{name}={value:?}");
    }
}

#[test]
fn the_source_is_moved_to_fixed_paths() {
    let prepare = |name: &str, files: &[(&str, &str)], env: &[(&str, &str)]| {
        let runner = new_runner(name);
        for (path, text) in files {
            fs::write(runner.directory.join("source").join(path), text).unwrap();
        }
        let base = [("CONTEXT", "."), ("DOCKERFILE_PATH", ""), ("DOCKERFILE_CONTENT", "")];
        let mut all: BTreeMap<&str, &str> = base.into();
        all.extend(env.iter().copied());
        let all: Vec<_> = all.into_iter().collect();
        let result = runner.run("Prepare the build", &all);
        (runner.directory.join("temp/nokube"), result)
    };
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();

    let files = [("sub/My Dockerfile", "FROM a\n"), ("sub/My Dockerfile.dockerignore", "x\n")];
    let env = [("DOCKERFILE_PATH", "sub/My Dockerfile"), ("CONTEXT", "sub")];
    let (directory, (passed, printed, outputs)) = prepare("path", &files, &env);
    assert!(passed, "{printed}");
    assert_eq!(read(directory.join("file/Dockerfile")), "FROM a\n");
    assert_eq!(read(directory.join("file/Dockerfile.dockerignore")), "x\n");
    assert!(directory.join("context/My Dockerfile").exists());
    assert_eq!(outputs, "kind=dockerfile\n");

    let (directory, (passed, ..)) =
        prepare("content", &[], &[("DOCKERFILE_CONTENT", "FROM b\n$(id) `id`")]);
    assert!(passed);
    assert_eq!(read(directory.join("file/Dockerfile")), "FROM b\n$(id) `id`\n");
    let (_, (passed, _, outputs)) = prepare("buildpacks", &[("index.js", "")], &[]);
    assert!(passed && outputs.starts_with("kind=buildpacks\n"), "{outputs}");

    // The path is relative to the repository, not to the context.
    let env = [("DOCKERFILE_PATH", "My Dockerfile"), ("CONTEXT", "sub")];
    let (_, (passed, printed, _)) = prepare("relative", &files, &env);
    assert!(!passed && printed.contains("begin it with the context"), "{printed}");

    for (name, env) in [
        ("absent", [("DOCKERFILE_PATH", "Dockerfile")]),
        ("directory", [("DOCKERFILE_PATH", "sub")]),
        ("no-context", [("CONTEXT", "other")]),
    ] {
        let (_, (passed, printed, outputs)) = prepare(name, &[], &env);
        assert!(!passed && printed.starts_with("::error title=Invalid source::"), "{printed}");
        assert_eq!(outputs, "");
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_out_of_the_source_is_rejected() {
    let runner = new_runner("links");
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, runner.directory.join("source").join(name)).unwrap();
    };
    link("/etc", "etc");
    link("/etc/passwd", "Dockerfile");
    link("../temp", "temp");
    for (context, dockerfile) in
        [("etc", ""), ("temp", ""), (".", "Dockerfile"), (".", "etc/passwd")]
    {
        let env =
            [("CONTEXT", context), ("DOCKERFILE_PATH", dockerfile), ("DOCKERFILE_CONTENT", "")];
        let (passed, printed, _) = runner.run("Prepare the build", &env);
        assert!(!passed && printed.contains("is outside the repository"), "{context}: {printed}");
    }
}

/// Fails when the workflow gets a script without a test here.
#[test]
fn all_scripts_of_the_workflow_are_tested() {
    let workflow = workflow();
    let scripts = steps(&workflow).iter().filter(|step| step["run"].is_string());
    let names: Vec<_> = scripts.map(|step| step["name"].as_str().unwrap()).collect();
    let tested = [
        "Check the request",
        "Prepare the build",
        "Build the image from source",
        "Replace the cache",
        "Push the image",
        // By `make test-builder`:
        "Fetch submodules and LFS files",
        "Warn about submodules",
        "Warn about LFS files",
        "Set up the builder",
        "Build the image",
        "Log in to the registry",
    ];
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(tested));
}
