//! `nokube init` and `nokube import compose`, as a person runs them in a repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A repository that was cloned from GitHub.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["remote", "add", "origin", "https://github.com/acme/My_Shop.git"],
    ] {
        assert!(
            Command::new("git").args(arguments).current_dir(&folder).status().unwrap().success()
        );
    }
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Exit status, standard output and standard error.
fn nokube(folder: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nokube"));
    for name in ["LC_ALL", "LC_MESSAGES", "NOKUBE_PROJECT"] {
        command.env_remove(name);
    }
    command.env("LANG", "C").env("NOKUBE_CONFIG_DIR", folder.join(".config")).args(arguments);
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = streams.current_dir(folder).spawn().unwrap();
    program.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn written(folder: &Path) -> nokube_domain::config_file::ConfigFile {
    let text = fs::read_to_string(folder.join("nokube.toml")).unwrap();
    nokube_domain::config_file::parse(&text).unwrap_or_else(|errors| panic!("{errors:?}: {text}"))
}

#[test]
fn init_writes_a_valid_file_for_the_dockerfiles_and_never_overwrites_one() {
    let repository = repository(&[
        (".gitignore", "ignored"),
        ("ignored/Dockerfile", "FROM x"),
        ("Dockerfile", "FROM x\nEXPOSE 8080"),
        ("api/Dockerfile", "FROM x"),
    ]);
    // nokube.toml is in the root, wherever the command runs.
    let (status, stdout, stderr) = nokube(&repository.path().join("api"), &["init"], "");
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.contains("my-shop, api"), "{stdout}");
    assert!(stderr.contains("api: nothing says on which port it listens"), "{stderr}");
    assert!(stderr.contains("Next: read it, commit and push it, then `nokube up`."), "{stderr}");
    let file = written(repository.path());
    let ports = file
        .services
        .values()
        .map(|service| &service.deployment.as_ref().unwrap()["container_port"]);
    assert_eq!(ports.collect::<Vec<_>>(), [3000, 8080]);

    let path = repository.path().join("nokube.toml");
    fs::write(&path, "mine").unwrap();
    let (status, _, stderr) = nokube(repository.path(), &["init"], "");
    assert_eq!(status, 1);
    assert!(stderr.contains("--force"), "{stderr}");
    let (status, stdout, _) = nokube(repository.path(), &["init", "--output", "-"], "");
    assert!(status == 0 && stdout.contains("[services.my-shop.build]"), "{stdout}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let (status, stdout, stderr) =
        nokube(repository.path(), &["init", "--force", "--json", "--project", "alice/shop"], "");
    assert_eq!(status, 0, "{stderr}");
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["services"], serde_json::json!(["my-shop", "api"]));
    assert_eq!(written(repository.path()).project.unwrap().as_str(), "shop");
}

#[test]
fn init_takes_the_compose_file_if_it_builds_a_service() {
    let compose = "services:\n  web: {build: ., ports: ['80:8000']}\n  db: {image: postgres}\n";
    let with_compose = repository(&[("compose.yaml", compose), ("package.json", "{}")]);
    let (status, stdout, stderr) = nokube(with_compose.path(), &["init", "--yes"], "");
    assert_eq!(status, 0, "{stderr}");
    assert!(
        stdout.ends_with(": web\n") && stderr.contains("nokube deploy db --image postgres"),
        "{stderr}"
    );

    let only_images = "services: {db: {image: postgres}}";
    let without = repository(&[("compose.yaml", only_images), ("package.json", "{}")]);
    let (status, stdout, _) = nokube(without.path(), &["init"], "");
    assert!(status == 0 && stdout.ends_with(": my-shop\n"), "{stdout}");
}

#[test]
fn import_is_a_filter_that_copies_no_secret() {
    let repository = repository(&[(".env", "SMTP_PASSWORD=s3cret-a\nREGION=s3cret-b\n")]);
    let compose = "services:\n  web:\n    build: .\n    ports: [80]\n    env_file: .env\n    environment:\n      \
                   API_TOKEN: s3cret-c\n      COLOUR: red\n";
    let (status, stdout, stderr) =
        nokube(repository.path(), &["import", "compose", "-", "--output", "-"], compose);
    assert_eq!(status, 0, "{stderr}");
    assert!(!format!("{stdout}{stderr}").contains("s3cret"), "{stdout}{stderr}");
    let file = nokube_domain::config_file::parse(&stdout).unwrap();
    let web = file.services.values().next().unwrap();
    assert_eq!(web.secrets, ["API_TOKEN", "REGION", "SMTP_PASSWORD"]);
    assert!(
        stderr.contains("nokube secrets set --service web API_TOKEN REGION SMTP_PASSWORD"),
        "{stderr}"
    );
    assert!(!repository.path().join("nokube.toml").exists());
}

#[test]
fn import_says_what_must_be_changed() {
    let repository = repository(&[
        ("low.yaml", "services: {web: {build: ., ports: [80], mem_limit: 1m}}"),
        ("broken.yaml", "services:\n  web: ["),
    ]);
    let (status, _, stderr) = nokube(repository.path(), &["import", "compose", "low.yaml"], "");
    assert_eq!(status, 10, "{stderr}");
    assert!(
        stderr.contains("services.web.deployment.memory_limit: must be at least 16Mi"),
        "{stderr}"
    );
    let (status, _, stderr) =
        nokube(repository.path(), &["import", "compose", "broken.yaml", "--force"], "");
    assert!(status == 1 && stderr.contains("broken.yaml") && stderr.contains("line"), "{stderr}");
    let (status, ..) =
        nokube(repository.path(), &["import", "compose", "missing.yaml", "--force"], "");
    assert_eq!(status, 1);
}

#[test]
fn init_needs_a_repository() {
    let folder = tempfile::tempdir().unwrap();
    let (status, _, stderr) = nokube(folder.path(), &["init"], "");
    assert!(status == 9 && stderr.contains("git init"), "{stderr}");
}
