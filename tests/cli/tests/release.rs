//! The scripts of a release, with the real program, and the rules of its workflow.

use nokube_tests_cli::program;
use serde_yaml_ng::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A target whose program this machine cannot run, and one that it can.
const TARGETS: [(&str, &str); 2] =
    [("x86_64-pc-windows-msvc", "nokube.exe"), ("x86_64-unknown-linux-musl", "nokube")];

/// What an archive contains besides the program.
const FILES: [&str; 8] = [
    "LICENSE",
    "THIRD-PARTY.txt",
    "completions/nokube.bash",
    "completions/_nokube",
    "completions/nokube.fish",
    "completions/nokube.ps1",
    "man/nokube.1",
    "man/nokube-up.1",
];

/// Runs a program. Returns its output, or the error message.
fn run(program: impl AsRef<Path>, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let mut command = Command::new(program.as_ref());
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn script(name: &str) -> PathBuf {
    Path::new(ROOT).join("scripts/release").join(name)
}

/// Collects the program as both targets. Returns the folder with them.
fn collect(work: &Path) -> PathBuf {
    let collected = work.join("collected");
    fs::create_dir_all(&collected).unwrap();
    fs::write(collected.join("THIRD-PARTY.txt"), "licences").unwrap();
    for (target, name) in TARGETS {
        let copy = work.join(name);
        fs::copy(program(), &copy).unwrap();
        // As those of a release are: small.
        run("strip", &[copy.to_str().unwrap()], work).unwrap();
        let folder = collected.join(target);
        let arguments = [copy.to_str().unwrap(), VERSION, folder.to_str().unwrap()];
        run(script("collect"), &arguments, work).unwrap();
        // As they are after they were uploaded and downloaded.
        run("chmod", &["-R", "a-x,a+X", folder.to_str().unwrap()], work).unwrap();
    }
    collected
}

/// Makes the archives. Returns the folder with them.
fn package(work: &Path, collected: &Path, name: &str) -> PathBuf {
    let archives = work.join(name);
    let arguments = [VERSION, collected.to_str().unwrap(), archives.to_str().unwrap()];
    run(script("package"), &arguments, work).unwrap();
    archives
}

#[test]
fn a_release_has_archives_that_can_be_checked_and_used() {
    let work = tempfile::tempdir().unwrap();
    let collected = collect(work.path());
    let archives = package(work.path(), &collected, "archives");
    let sums = run("sha256sum", &["--check", "--strict", "SHA256SUMS"], &archives).unwrap();
    assert_eq!(sums.lines().count(), TARGETS.len(), "{sums}");

    let name = format!("nokube-{VERSION}-x86_64-unknown-linux-musl");
    run("tar", &["--extract", "--file", &format!("{name}.tar.gz")], &archives).unwrap();
    let windows = format!("nokube-{VERSION}-x86_64-pc-windows-msvc");
    run("unzip", &["-q", &format!("{windows}.zip")], &archives).unwrap();
    for (folder, program) in [(&name, "nokube"), (&windows, "nokube.exe")] {
        let folder = archives.join(folder);
        for file in [program].iter().chain(&FILES) {
            let length = fs::metadata(folder.join(file)).map(|file| file.len());
            assert!(length.as_ref().is_ok_and(|length| *length > 0), "{file}: {length:?}");
        }
        let version = run(folder.join(program), &["--version"], &archives).unwrap();
        assert_eq!(version, format!("nokube {VERSION}\n"));
    }
    let completions = archives.join(&name).join("completions/nokube.bash");
    run("bash", &["-n", completions.to_str().unwrap()], &archives).unwrap();

    // The same content gives the same bytes.
    let again = package(work.path(), &collected, "again");
    let sums = [archives, again].map(|folder| fs::read(folder.join("SHA256SUMS")).unwrap());
    assert_eq!(sums[0], sums[1]);
}

#[test]
fn a_tag_of_another_version_is_refused() {
    let root = Path::new(ROOT);
    let check = |tag: &str| run(script("check-tag"), &[tag], root);
    assert_eq!(check(&format!("v{VERSION}")), Ok(format!("{VERSION}\n")));
    for wrong in ["v9.9.9", "v9.9.9-rc.1"] {
        let error = check(wrong).unwrap_err();
        assert!(error.contains(VERSION) && error.contains(wrong), "{error}");
    }
    for wrong in [VERSION, "v1", "v1.2", "latest", "v1.2.3;evil", "v1.2.3\nv1"] {
        assert!(check(wrong).unwrap_err().contains("looks like v1.2.3"), "{wrong}");
    }
    assert!(check("").is_err());
}

#[test]
fn a_program_of_another_version_and_an_incomplete_target_are_refused() {
    let work = tempfile::tempdir().unwrap();
    let program = program().to_str().unwrap();
    let error = run(script("collect"), &[program, "9.9.9", "collected"], work.path()).unwrap_err();
    assert!(error.contains(VERSION) && error.contains("9.9.9"), "{error}");
    assert!(!work.path().join("collected").exists());

    fs::create_dir_all(work.path().join("targets/x86_64-unknown-linux-musl")).unwrap();
    let error = run(script("package"), &[VERSION, "targets", "archives"], work.path()).unwrap_err();
    assert!(error.contains("has no nokube"), "{error}");
    fs::create_dir_all(work.path().join("empty")).unwrap();
    let error = run(script("package"), &[VERSION, "empty", "others"], work.path()).unwrap_err();
    assert!(error.contains("there is nothing in empty"), "{error}");
}

#[test]
fn the_licences_of_all_crates_are_collected() {
    let text = run(script("third-party"), &[], Path::new(ROOT)).unwrap();
    let line = "=".repeat(100);
    let titles = text.split(&line).skip(1);
    let crates: Vec<_> = titles.map(|part| part.trim_start().split_once('\n').unwrap()).collect();
    for name in ["clap ", "reqwest ", "rustls ", "keyring "] {
        assert!(crates.iter().any(|(title, _)| title.starts_with(name)), "no {name}");
    }
    let without: Vec<_> = crates.iter().filter(|(_, text)| text.trim().is_empty()).collect();
    // Some crates of this licence have no copy of its text.
    assert!(
        without.iter().all(|(title, _)| title.contains("MIT") || title.contains("Apache-2.0")),
        "{without:?}"
    );
    assert!(!text.contains("nokube-domain "), "not those of this repository");
}

#[test]
fn the_scripts_have_no_errors_that_shellcheck_finds() {
    for name in ["check-tag", "collect", "package", "third-party"] {
        run("shellcheck", &[script(name).to_str().unwrap()], Path::new(ROOT)).unwrap();
    }
}

fn workflow() -> Value {
    let path = Path::new(ROOT).join(".github/workflows/release.yml");
    serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_workflow_has_pinned_actions_no_expressions_in_scripts_and_few_permissions() {
    let workflow = workflow();
    assert!(workflow["permissions"].as_mapping().unwrap().is_empty());
    let mut writing = BTreeSet::new();
    for (name, job) in workflow["jobs"].as_mapping().unwrap() {
        assert!(job["timeout-minutes"].as_u64().is_some());
        for (permission, level) in job["permissions"].as_mapping().unwrap() {
            if level == "write" {
                writing.insert((name.as_str().unwrap(), permission.as_str().unwrap()));
            }
        }
        for step in job["steps"].as_sequence().unwrap() {
            let script = step["run"].as_str().unwrap_or_default();
            assert!(!script.contains("${{"), "an expression in a script: {script}");
            let Some(action) = step["uses"].as_str() else { continue };
            let (action, commit) = action.split_once('@').unwrap();
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{action}"
            );
            assert!(action.starts_with("actions/"), "{action}");
            if action == "actions/checkout" {
                assert_eq!(step["with"]["persist-credentials"], false);
            }
        }
    }
    // The job that writes runs no code of dependencies.
    let permissions =
        ["attestations", "contents", "id-token"].map(|permission| ("release", permission));
    assert_eq!(writing, permissions.into());
    let text = serde_yaml_ng::to_string(&workflow["jobs"]["release"]).unwrap();
    assert!(!text.contains("cargo") && !text.contains("secrets."), "{text}");
}

#[test]
fn the_workflow_builds_for_linux_macos_and_windows_with_the_oldest_toolchain_that_is_supported() {
    let workflow = workflow();
    let include = &workflow["jobs"]["build"]["strategy"]["matrix"]["include"];
    let targets =
        include.as_sequence().unwrap().iter().map(|entry| entry["target"].as_str().unwrap());
    let expected = [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "aarch64-apple-darwin",
        "x86_64-apple-darwin",
        "x86_64-pc-windows-msvc",
    ];
    assert_eq!(targets.collect::<Vec<_>>(), expected);
    assert_eq!(workflow["env"]["RUSTUP_TOOLCHAIN"], env!("CARGO_PKG_RUST_VERSION"));
}
