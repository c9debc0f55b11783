//! What the workflow's scripts pass to the programs that they run.

use crate::scripts::new_runner;
use nokube_tests_builder::workflow::StepRunner;
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::PathBuf};

/// Adds a program to the runner's `bin` that records its arguments, one per line, and then runs `script`.
/// Returns the file with the arguments.
fn fake_program(runner: &StepRunner, name: &str, script: &str) -> PathBuf {
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
fn run_build_step(
    step: &str,
    name: &str,
) -> (StepRunner, Vec<String>, BTreeMap<String, &'static str>) {
    let runner = new_runner(&format!("build-{name}"));
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
            let runner = new_runner("push");
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
