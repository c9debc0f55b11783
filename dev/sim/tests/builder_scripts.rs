//! Runs the scripts of the builder's workflow as GitHub's runner does, with valid and hostile input.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nokube_sim::github::model::builder_workflow;
use support::workflow::{Runner, steps, workflow};

/// Runs the check of a valid request with one changed variable.
fn check(runner: &Runner, name: &str, value: &str) -> (bool, String, String) {
    let mut env: BTreeMap<&str, &str> = VALID_REQUEST.into();
    env.insert(name, value);
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
    let runner = Runner::new("good");
    for (name, value) in [
        ("TAG", "v1.2.3"),
        ("BUILD_ARGS", ""),
        ("BUILD_ARGS", "{}"),
        ("BUILD_ARGS", r#"{"BUILDKIT":"x","BUILD_X":"x","buildkit_syntax":"x"}"#),
        ("CONTEXT", "apps/my web"),
        ("CONTEXT", ""),
        ("IMAGE", "ghcr.io/my-org/a--b-c--d-web"),
        ("PRIVATE", "true"),
    ] {
        let (passed, printed, outputs) = check(&runner, name, value);
        assert!(passed, "{name}={value}: {printed}");
        assert!(outputs.contains("unique_tag=build-0123456789abcdefghijklmnuv\n"));
        assert!(outputs.contains("owner=alice\nname=shop\n"));
        assert_eq!(outputs.lines().count(), 10);
    }
}

#[test]
fn each_image_has_its_own_cache_prefix() {
    let runner = Runner::new("cache-keys");
    let prefix = |image: &str| {
        let (passed, printed, outputs) = check(&runner, "IMAGE", image);
        assert!(passed, "{printed}");
        let prefix = outputs.lines().find_map(|line| line.strip_prefix("cache=")).unwrap();
        assert_eq!(prefix, builder_workflow::cache_prefix(image));
        prefix.to_owned()
    };
    let (short, long) = (prefix("ghcr.io/my-org/alice-a"), prefix("ghcr.io/my-org/alice-a-1"));
    assert_eq!((short.len(), long.len()), ("nokube-".len() + 65, "nokube-".len() + 65));
    assert_ne!(short, long);
}

#[test]
fn the_new_cache_replaces_the_old_one() {
    let runner = Runner::new("cache");
    let directory = runner.directory.join("temp/nokube");
    fs::create_dir_all(directory.join("cache")).unwrap();
    fs::write(directory.join("cache/old"), "").unwrap();
    fs::create_dir_all(directory.join("cache-new")).unwrap();
    fs::write(directory.join("cache-new/index.json"), "{}").unwrap();
    let (passed, _, outputs) = runner.run(builder_workflow::REPLACE_CACHE_STEP, &[]);
    assert!(passed && outputs == "new=true\n", "{outputs}");
    assert!(directory.join("cache/index.json").exists() && !directory.join("cache/old").exists());
    // Without `index.json` the export is incomplete.
    fs::create_dir_all(directory.join("cache-new/blobs")).unwrap();
    let (passed, _, outputs) = runner.run(builder_workflow::REPLACE_CACHE_STEP, &[]);
    assert!(passed && outputs.is_empty() && !directory.join("cache").exists(), "{outputs}");
}

#[test]
fn an_invalid_request_is_rejected_with_a_message_and_sets_no_outputs() {
    let runner = Runner::new("bad");
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
        let runner = Runner::new(name);
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
    let runner = Runner::new("links");
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

/// Adds a program to the runner's `bin` that records its arguments, one per line, and then runs `script`.
/// Returns the file with the arguments.
fn fake_program(runner: &Runner, name: &str, script: &str) -> PathBuf {
    let bin = runner.directory.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let arguments = runner.directory.join(format!("{name}-arguments"));
    let recorder = format!("printf '%s\\n' \"$@\" >> '{}'", arguments.display());
    let script = format!("#!/bin/bash\n{recorder}\n{script}\n");
    fs::write(bin.join(name), script).unwrap();
    fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    arguments
}

fn lines(file: &PathBuf) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Values that a shell or a program could interpret as something other than text.
const HOSTILE: [&str; 8] = [
    "$(touch evil)",
    "`touch evil`",
    "; touch evil #",
    "\"; touch evil; \"",
    "' 'x",
    "--volume=/:/host",
    "*",
    "a\\nb",
];

/// Runs a step that builds, whose program `name` prints a workflow command and fails. Returns the arguments that
/// the program got.
fn run_build_step(step: &str, name: &str) -> (Runner, Vec<String>, BTreeMap<String, &'static str>) {
    let runner = Runner::new(&format!("build-{name}"));
    fs::create_dir_all(runner.directory.join("temp/nokube")).unwrap();
    let script =
        "[[ $1 != build && $1 != buildx ]] || { echo '::set-env name=PATH::evil'; exit 7; }";
    let recorded = fake_program(&runner, name, script);
    if name != "docker" {
        fake_program(&runner, "docker", "");
    }
    let arguments: BTreeMap<String, &str> =
        HOSTILE.iter().enumerate().map(|(number, text)| (format!("A{number}"), *text)).collect();
    let json = serde_json::to_string(&arguments).unwrap();
    let home = runner.directory.to_str().unwrap();
    let path = format!("{home}/bin:{}", std::env::var("PATH").unwrap());
    let env = [
        ("HOME", home),
        ("PATH", path.as_str()),
        ("BUILD_ARGS", json.as_str()),
        ("BUILDER", "builder:1"),
        ("REVISION", "abc"),
        ("SBOM_GENERATOR", "scanner:1"),
    ];
    let mut tokens = Vec::new();
    for _ in 0..2 {
        fs::write(&recorded, "").unwrap();
        let (passed, printed, _) = runner.run(step, &env);
        assert!(!passed, "the step fails with the program's exit code");
        // Between these two lines the runner interprets no workflow commands.
        let printed: Vec<_> = printed.lines().collect();
        let token = printed[0].strip_prefix("::stop-commands::").unwrap().to_owned();
        assert_eq!(printed[1..], ["::set-env name=PATH::evil", &format!("::{token}::")]);
        tokens.push(token);
    }
    assert!(tokens[0] != tokens[1] && tokens[0].len() == 32, "{tokens:?}");
    assert!(!runner.directory.join("evil").exists());
    let recorded = lines(&recorded);
    (runner, recorded, arguments)
}

#[test]
fn buildpacks_get_the_build_arguments_unchanged() {
    let (runner, recorded, arguments) = run_build_step("Build the image from source", "pack");
    let directory = runner.directory.join("temp/nokube");
    let path_of = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let fixed = [
        "build",
        "nokube.local/image:built",
        "--path",
        &path_of("context"),
        "--descriptor",
        &path_of("project.toml"),
        // pack trusts `paketobuildpacks/…` and others by their name.
        "--builder",
        "nokube.local/builder:untrusted",
        "--pull-policy",
        "if-not-present",
    ];
    assert_eq!(recorded[..fixed.len()], fixed);
    let expected =
        arguments.iter().flat_map(|(name, text)| ["--env".to_owned(), format!("{name}={text}")]);
    assert_eq!(recorded[fixed.len()..], expected.collect::<Vec<_>>());
    let docker = lines(&runner.directory.join("docker-arguments")).join(" ");
    assert!(
        docker.starts_with("pull --quiet builder:1 tag builder:1 nokube.local/builder:untrusted")
    );
    let descriptor = fs::read_to_string(directory.join("project.toml")).unwrap();
    assert_eq!(descriptor, "", "the user's project.toml is not used");
}

#[test]
fn dockerfiles_get_the_build_arguments_unchanged() {
    let (_, recorded, arguments) = run_build_step("Build the image", "docker");
    for (name, text) in arguments {
        let pair = ["--build-arg".to_owned(), format!("{name}={text}")];
        assert!(recorded.windows(2).any(|found| found == pair), "{pair:?}: {recorded:?}");
    }
}

#[test]
fn the_image_is_pushed_under_both_tags_and_its_digest_printed() {
    // The SHA-256 of `manifest`, which the fake `skopeo` prints.
    let digest = "sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f";
    for image in ["ghcr.io/o/image", "$(touch evil)", "a b; touch evil", "--help"] {
        for (kind, copied, pushed) in [("dockerfile", 2, 0), ("buildpacks", 0, 2)] {
            let runner = Runner::new("push");
            fs::create_dir_all(runner.directory.join("temp/nokube")).unwrap();
            let skopeo = fake_program(&runner, "skopeo", "[[ $1 == copy ]] || printf manifest");
            let docker = fake_program(&runner, "docker", "");
            let path = std::env::var("PATH").unwrap();
            let path = format!("{}/bin:{path}", runner.directory.display());
            let env = [
                ("PATH", path.as_str()),
                ("HOME", "/home/runner"),
                ("GITHUB_STEP_SUMMARY", "summary"),
                ("KIND", kind),
                ("IMAGE", image),
                ("TAG", "v1"),
                ("UNIQUE_TAG", "build-1"),
            ];
            let (passed, printed, _) = runner.run("Push the image", &env);
            assert!(passed, "{printed}");
            assert_eq!(printed.lines().last().unwrap(), format!("{image}:v1@{digest}"));
            let (skopeo, docker) = (lines(&skopeo), lines(&docker));
            let count = |arguments: &[String], argument: &str| {
                arguments.iter().filter(|found| *found == argument).count()
            };
            assert_eq!((count(&skopeo, "copy"), count(&docker, "push")), (copied, pushed));
            for tag in ["v1", "build-1"] {
                let name = format!("{image}:{tag}");
                let pushes = count(&docker, &name) + count(&skopeo, &format!("docker://{name}"));
                assert!(pushes > 0, "{name}: {skopeo:?} {docker:?}");
            }
            assert!(!runner.directory.join("evil").exists(), "{image}");
        }
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
        builder_workflow::REPLACE_CACHE_STEP,
        "Push the image",
        // By `make test-builder`:
        builder_workflow::SET_UP_BUILDX_STEP,
        builder_workflow::DOCKERFILE_BUILD_STEP,
        "Log in to the registry",
    ];
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(tested));
}
