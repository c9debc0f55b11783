//! Holds the builder repository's real workflow to what the simulation and the product take it for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nokube_sim::model::contract;
use serde_yaml_ng::Value;

fn text() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../builder/.github/workflows/build.yml");
    fs::read_to_string(path).unwrap()
}

fn workflow() -> Value {
    serde_yaml_ng::from_str(&text()).unwrap()
}

fn steps(workflow: &Value) -> &Vec<Value> {
    workflow["jobs"]["build"]["steps"].as_sequence().unwrap()
}

#[test]
fn its_inputs_and_names_are_those_of_the_simulation() {
    let workflow = workflow();
    let build = "${{ inputs.build_id }}";
    assert_eq!(workflow["name"], contract::WORKFLOW_NAME);
    assert_eq!(workflow["run-name"], contract::run_name(build).as_str());
    assert_eq!(workflow["jobs"]["build"]["name"], contract::job_name(build).as_str());
    assert_eq!(workflow["jobs"].as_mapping().unwrap().len(), 1);

    let inputs = workflow["on"]["workflow_dispatch"]["inputs"].as_mapping().unwrap();
    let inputs: Vec<(&str, bool)> = inputs
        .iter()
        .map(|(name, input)| {
            assert_eq!(input["type"], "string");
            (name.as_str().unwrap(), input["required"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(inputs, contract::INPUTS);

    let named: Vec<&str> =
        steps(&workflow).iter().map(|step| step["name"].as_str().unwrap()).collect();
    // The first and the last are the runner's own.
    assert_eq!(named, contract::STEPS[1..contract::STEPS.len() - 1]);
}

#[test]
fn nothing_is_interpolated_into_a_script_and_every_action_is_pinned() {
    let workflow = workflow();
    for step in steps(&workflow) {
        if let Some(script) = step["run"].as_str() {
            assert!(!script.contains("${{"), "an expression in a script: {script}");
        }
        let Some(action) = step["uses"].as_str() else {
            continue;
        };
        let (_, commit) = action.split_once('@').unwrap();
        let pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(pinned, "{action} is not pinned by its commit");
        // What an action is given has been checked before: inputs themselves never.
        let with = serde_yaml_ng::to_string(&step["with"]).unwrap();
        assert!(!with.contains("inputs."), "{action} is given an unchecked input");
    }
    assert!(!text().contains("github.event"));
}

#[test]
fn it_may_do_little_and_logs_in_last() {
    let workflow = workflow();
    assert!(workflow["permissions"].as_mapping().unwrap().is_empty());
    let job = &workflow["jobs"]["build"];
    let permissions: BTreeMap<String, String> =
        serde_yaml_ng::from_value(job["permissions"].clone()).unwrap();
    let expected = [("contents", "read"), ("packages", "write")];
    assert_eq!(permissions, expected.map(|(name, level)| (name.into(), level.into())).into());
    assert!(job["timeout-minutes"].as_u64().is_some());
    assert!(workflow.get("concurrency").is_none() && job.get("concurrency").is_none());

    let place = |name: &str| steps(&workflow).iter().position(|step| step["name"] == name).unwrap();
    let login = place("Log in to the registry");
    assert!(login > place(contract::DOCKERFILE_STEP) && login > place(contract::BUILDPACKS_STEP));
    assert_eq!(
        steps(&workflow)[place("Check out the source")]["with"]["persist-credentials"],
        false
    );
    // Secrets are named in two steps only.
    let secrets = |step: &&Value| serde_yaml_ng::to_string(step).unwrap().contains("secrets.");
    let with_secrets: Vec<_> = steps(&workflow)
        .iter()
        .filter(secrets)
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(with_secrets, [contract::PRIVATE_STEP, "Log in to the registry"]);
}

/// A Dockerfile chooses its frontend, and a frontend is told every attribute of the caches.
#[test]
fn the_build_knows_a_directory_and_no_token() {
    let workflow = workflow();
    let step = |name: &str| steps(&workflow).iter().find(|step| step["name"] == name).unwrap();
    let build = step(contract::DOCKERFILE_STEP);
    let text = |step: &Value| serde_yaml_ng::to_string(step).unwrap();
    for token in ["token }}", "TOKEN", "secret", "type=gha", "type=registry", "ssh"] {
        assert!(!text(build).contains(token), "the build has {token}");
    }
    assert_eq!(build["with"]["github-token"], "");
    let place = "${{ runner.temp }}/nokube/cache";
    assert_eq!(build["with"]["cache-from"], format!("type=local,src={place}").as_str());
    let to = format!("type=local,dest={place}-new,mode=max,ignore-error=true");
    assert_eq!(build["with"]["cache-to"], to.as_str());
    assert_eq!(build["env"]["BUILDX_GIT_INFO"], "false", "git would run in the user's files");
    assert_eq!(step("Set up the builder")["with"], Value::Null);

    let prefix = "${{ steps.check.outputs.cache }}";
    let key = format!("{prefix}${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}");
    for (name, action) in [(contract::RESTORE_STEP, "restore"), (contract::SAVE_STEP, "save")] {
        let step = step(name);
        let uses = step["uses"].as_str().unwrap();
        assert!(uses.starts_with(&format!("actions/cache/{action}@")), "{uses}");
        assert_eq!(step["with"]["path"], place, "GitHub finds a cache by its path, too");
        assert_eq!(step["with"]["key"], key.as_str());
        assert_eq!(step["continue-on-error"], true);
    }
    assert_eq!(step(contract::RESTORE_STEP)["with"]["restore-keys"], prefix);
    assert_eq!(step(contract::RESTORE_STEP)["if"], build["if"]);
    // Without `always()` and its like, only after a build that succeeded.
    assert_eq!(step(contract::SAVE_STEP)["if"], "steps.cache.outputs.new == 'true'");
    assert_eq!(step(contract::REPLACE_STEP)["if"], build["if"]);
}

/// Runs a step's script as the runner does, in a directory of its own.
struct Runner {
    directory: PathBuf,
}

impl Runner {
    fn new(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(directory.join("source/sub")).unwrap();
        fs::create_dir_all(directory.join("temp")).unwrap();
        Self { directory }
    }

    /// Whether it succeeded, what it printed, and its outputs.
    fn run(&self, step: &str, env: &[(&str, &str)]) -> (bool, String, String) {
        let workflow = workflow();
        let step = steps(&workflow).iter().find(|found| found["name"] == step).unwrap();
        let output = self.directory.join("output");
        fs::write(&output, "").unwrap();
        let done = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()])
            .env("GITHUB_OUTPUT", &output)
            .env("RUNNER_TEMP", self.directory.join("temp"))
            .envs(env.iter().copied())
            .current_dir(&self.directory)
            .output()
            .unwrap();
        let printed = String::from_utf8(done.stdout).unwrap();
        (done.status.success(), printed, fs::read_to_string(output).unwrap())
    }

    fn check(&self, name: &str, value: &str) -> (bool, String, String) {
        let mut env: BTreeMap<&str, &str> = GOOD.into();
        env.insert(name, value);
        self.run("Check the request", &env.into_iter().collect::<Vec<_>>())
    }
}

const GOOD: [(&str, &str); 12] = [
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
fn a_good_request_passes_its_check() {
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
        let (passed, printed, outputs) = runner.check(name, value);
        assert!(passed, "{name}={value}: {printed}");
        assert!(outputs.contains("unique_tag=build-0123456789abcdefghijklmnuv\n"));
        assert!(outputs.contains("owner=alice\nname=shop\n"));
        assert_eq!(outputs.lines().count(), 10);
    }
}

#[test]
fn each_image_has_a_cache_of_its_own() {
    let runner = Runner::new("cache-keys");
    let prefix = |image: &str| {
        let (passed, printed, outputs) = runner.check("IMAGE", image);
        assert!(passed, "{printed}");
        let prefix = outputs.lines().find_map(|line| line.strip_prefix("cache=")).unwrap();
        assert_eq!(prefix, contract::cache_prefix(image));
        prefix.to_owned()
    };
    let (short, long) = (prefix("ghcr.io/my-org/alice-a"), prefix("ghcr.io/my-org/alice-a-1"));
    assert_eq!((short.len(), long.len()), ("nokube-".len() + 65, "nokube-".len() + 65));
    assert_ne!(short, long);
}

#[test]
fn the_new_cache_replaces_the_old_one() {
    let runner = Runner::new("cache");
    let place = runner.directory.join("temp/nokube");
    fs::create_dir_all(place.join("cache")).unwrap();
    fs::write(place.join("cache/old"), "").unwrap();
    fs::create_dir_all(place.join("cache-new")).unwrap();
    fs::write(place.join("cache-new/index.json"), "{}").unwrap();
    let (passed, _, outputs) = runner.run(contract::REPLACE_STEP, &[]);
    assert!(passed && outputs == "new=true\n", "{outputs}");
    assert!(place.join("cache/index.json").exists() && !place.join("cache/old").exists());
    // Nothing was exported, or not to the end.
    fs::create_dir_all(place.join("cache-new/blobs")).unwrap();
    let (passed, _, outputs) = runner.run(contract::REPLACE_STEP, &[]);
    assert!(passed && outputs.is_empty() && !place.join("cache").exists(), "{outputs}");
}

#[test]
fn a_bad_request_is_refused_in_words_and_leaves_no_outputs() {
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
        let (passed, printed, outputs) = runner.check(name, value);
        assert!(!passed, "{name}={value:?} passed");
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines.len(), 1, "{name}={value:?}: {printed}");
        assert!(lines[0].starts_with("::error title=Request refused::"), "{printed}");
        assert_eq!(outputs, "", "{name}={value:?}");
    }
}

#[test]
fn the_source_is_prepared_at_fixed_places() {
    let prepare = |name: &str, files: &[(&str, &str)], env: &[(&str, &str)]| {
        let runner = Runner::new(name);
        for (path, text) in files {
            fs::write(runner.directory.join("source").join(path), text).unwrap();
        }
        let base = [
            ("CONTEXT", "."),
            ("DOCKERFILE_PATH", ""),
            ("DOCKERFILE_CONTENT", ""),
            ("BUILD_ARGS", "{}"),
        ];
        let mut all: BTreeMap<&str, &str> = base.into();
        all.extend(env.iter().copied());
        let all: Vec<_> = all.into_iter().collect();
        let result = runner.run("Prepare the build", &all);
        (runner.directory.join("temp/nokube"), result)
    };
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();

    let files = [("sub/My Dockerfile", "FROM a\n"), ("sub/My Dockerfile.dockerignore", "x\n")];
    let env = [
        ("DOCKERFILE_PATH", "sub/My Dockerfile"),
        ("CONTEXT", "sub"),
        ("BUILD_ARGS", r#"{"A":"say \"hi\", you","B":"kind=evil"}"#),
    ];
    let (place, (passed, printed, outputs)) = prepare("path", &files, &env);
    assert!(passed, "{printed}");
    assert_eq!(read(place.join("file/Dockerfile")), "FROM a\n");
    assert_eq!(read(place.join("file/Dockerfile.dockerignore")), "x\n");
    assert!(place.join("context/My Dockerfile").exists());
    let lines: Vec<&str> = outputs.lines().collect();
    let delimiter = lines[1].strip_prefix("build_args<<").unwrap();
    assert!(delimiter.len() > 32);
    let expected =
        ["kind=dockerfile", lines[1], r#""A=say ""hi"", you""#, r#""B=kind=evil""#, delimiter];
    assert_eq!(lines, expected);

    let (place, (passed, ..)) =
        prepare("content", &[], &[("DOCKERFILE_CONTENT", "FROM b\n$(id) `id`")]);
    assert!(passed);
    assert_eq!(read(place.join("file/Dockerfile")), "FROM b\n$(id) `id`\n");
    let (_, (passed, _, outputs)) = prepare("buildpacks", &[("index.js", "")], &[]);
    assert!(passed && outputs.starts_with("kind=buildpacks\n"), "{outputs}");

    for (name, env) in [
        ("absent", [("DOCKERFILE_PATH", "Dockerfile")]),
        ("directory", [("DOCKERFILE_PATH", "sub")]),
        ("no-context", [("CONTEXT", "other")]),
    ] {
        let (_, (passed, printed, outputs)) = prepare(name, &[], &env);
        assert!(!passed && printed.starts_with("::error title=Source refused::"), "{printed}");
        assert_eq!(outputs, "");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_source_is_refused() {
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
        let env = [
            ("CONTEXT", context),
            ("DOCKERFILE_PATH", dockerfile),
            ("DOCKERFILE_CONTENT", ""),
            ("BUILD_ARGS", "{}"),
        ];
        let (passed, printed, _) = runner.run("Prepare the build", &env);
        assert!(!passed && printed.contains("leads out of the repository"), "{context}: {printed}");
    }
}
