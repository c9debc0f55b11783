//! The program itself, without a platform: help, errors of arguments, completions, languages, colours.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

struct Finished {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Finished {
    #[track_caller]
    fn expect(self, status: i32) -> Self {
        let Self { status: actual, stdout, stderr } = &self;
        assert_eq!(*actual, status, "{stdout}\n{stderr}");
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in {}", self.stderr);
        self
    }

    #[track_caller]
    fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} is not in {}", self.stdout);
        self
    }
}

/// A computer on which nobody has signed in.
struct Computer {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Computer {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn folder(&self) -> &Path {
        self.home.path()
    }

    fn nokube(&self, arguments: &[&str]) -> Finished {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nokube"));
        command.env_clear().env("HOME", self.folder()).env("NOKUBE_CREDENTIALS", "file");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder()).stdin(Stdio::null()).args(arguments);
        let output = command.output().unwrap();
        Finished {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn it_says_its_version() {
    let version = concat!("nokube ", env!("CARGO_PKG_VERSION"), "\n");
    let computer = Computer::new();
    assert_eq!(computer.nokube(&["--version"]).expect(0).stdout, version);
    assert_eq!(computer.nokube(&["-V"]).expect(0).stdout, version);
    assert!(computer.folder().read_dir().unwrap().next().is_none(), "it writes no files");
}

#[test]
fn help_is_found_by_each_usual_way() {
    let computer = Computer::new();
    for arguments in [&["--help"][..], &["-h"], &["help"]] {
        computer.nokube(arguments).expect(0).prints("Usage: nokube").prints("  login ");
    }
    for arguments in [&["up", "--help"][..], &["help", "up"]] {
        computer.nokube(arguments).expect(0).prints("--dry-run").prints("--project");
    }
    computer.nokube(&["help", "tokens", "create"]).expect(0).prints("--scope");
    computer.nokube(&["help", "nothing"]).expect(2).says("nothing");
}

#[test]
fn wrong_arguments_end_with_2() {
    let computer = Computer::new();
    computer.nokube(&[]).expect(2).says("Usage: nokube");
    computer.nokube(&["--colour"]).expect(2).says("unexpected argument '--colour'");
    computer.nokube(&["lgin"]).expect(2).says("'login'");
    let french = Computer::new().with("LANG", "fr_FR.UTF-8");
    french.nokube(&["--colour"]).expect(2).says("argument inattendu : --colour");
    let error = computer.nokube(&["whoami", "--json", "--colour"]).expect(2).stderr;
    let error: Value = serde_json::from_str(&error).unwrap();
    assert_eq!(error["error"]["exit_code"], 2);
}

#[test]
fn without_a_platform_it_says_how_to_sign_in() {
    let computer = Computer::new();
    computer.nokube(&["whoami"]).expect(3).says("nokube login https://");
    computer.nokube(&["logout"]).expect(3).says("nokube login");
    computer.nokube(&["login"]).expect(3).says("nokube login https://");
    let error = computer.nokube(&["projects", "--json"]).expect(3);
    assert_eq!(error.stdout, "");
    let error: Value = serde_json::from_str(&error.stderr).unwrap();
    assert_eq!(error["error"]["exit_code"], 3);
    assert!(error["error"]["next"][0].as_str().unwrap().contains("NOKUBE_TOKEN"), "{error}");
    computer.nokube(&["whoami", "--platform", "work"]).expect(2).says("work");
    computer.nokube(&["platforms"]).expect(0).says("nokube login");
}

#[test]
fn a_token_is_not_sent_where_it_could_be_read() {
    let computer =
        Computer::new().with("NOKUBE_URL", "http://192.0.2.1").with("NOKUBE_TOKEN", "nkt_secret");
    for command in ["whoami", "projects"] {
        let finished = computer.nokube(&[command, "-v"]).expect(2).says("https://");
        assert!(!finished.stderr.contains("nkt_secret"));
    }
    computer.nokube(&["login", "http://192.0.2.1"]).expect(2).says("https://");
}

#[test]
fn texts_are_in_the_language_of_the_environment() {
    let french = Computer::new().with("LANG", "fr_FR.UTF-8");
    french.nokube(&["whoami"]).expect(3).says("erreur: Vous n’êtes connecté à aucune plateforme.");
    french.nokube(&["--help"]).expect(0).prints("Commandes").prints("Options globales");
    let french = Computer::new().with("LC_ALL", "fr_CH").with("LANG", "en_GB.UTF-8");
    french.nokube(&["whoami"]).expect(3).says("erreur:");
    let english = Computer::new().with("LC_ALL", "C").with("LANG", "fr_FR.UTF-8");
    english.nokube(&["whoami"]).expect(3).says("error: You are not signed in to any platform.");
}

#[test]
fn there_is_no_colour_without_a_terminal() {
    let computer = Computer::new();
    for arguments in [&["whoami"][..], &["--help"], &["nothing"], &["platforms"]] {
        let Finished { stdout, stderr, .. } = computer.nokube(arguments);
        assert!(!stdout.contains('\u{1b}') && !stderr.contains('\u{1b}'), "{stdout}{stderr}");
    }
}

#[test]
fn each_shell_completes_the_commands() {
    let computer = Computer::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        computer.nokube(&["completions", shell]).expect(0).prints("rollback").prints("--platform");
    }
    computer.nokube(&["completions", "sh4"]).expect(2).says("bash");
}

#[test]
fn manual_pages_are_written() {
    let computer = Computer::new();
    computer.nokube(&["man"]).expect(0).prints(".TH nokube");
    computer.nokube(&["man", "pages/man1"]).expect(0);
    let pages = computer.folder().join("pages/man1");
    for page in ["nokube.1", "nokube-up.1", "nokube-tokens-create.1"] {
        assert!(pages.join(page).is_file(), "{page}");
    }
}

#[test]
fn an_invalid_file_is_named() {
    let computer = Computer::new();
    let folder = computer.folder().join("config");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "platforms = 1").unwrap();
    let computer = computer.with("NOKUBE_CONFIG_DIR", folder.to_str().unwrap());
    computer.nokube(&["platforms"]).expect(1).says("config.toml");
}
