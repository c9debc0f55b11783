//! The program itself.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// The program, compiled from the present sources: cargo does not build it for the tests of another package.
/// `NOKUBE_PROGRAM` names another one, such as that of a release.
pub fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> =
        LazyLock::new(|| std::env::var_os("NOKUBE_PROGRAM").map_or_else(build, PathBuf::from));
    &PROGRAM
}

fn build() -> PathBuf {
    let arguments =
        ["build", "--package", "nokube-cli", "--message-format", "json-render-diagnostics"];
    let mut command = Command::new(env!("CARGO"));
    let command = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter_map(|message| Some(message["executable"].as_str()?.into()));
    programs.next().expect("cargo names the program")
}
