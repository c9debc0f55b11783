//! The table of settings: as it is committed, and complete.
#![allow(clippy::unwrap_used)] // Tests.

use std::process::{Command, Output};

fn settings(manifest: &str, more: &[&str]) -> Output {
    let manifest = format!("{}/{manifest}", env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_nokube-dev"))
        .args(["settings", &manifest])
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn the_committed_table_is_the_manifests() {
    let told = settings("../spin.toml", &[]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let table = String::from_utf8(told.stdout).unwrap();
    assert!(table.contains("| `platform_url` |"));
    let committed = include_str!("../../docs/settings.md");
    assert!(committed == table, "the settings have changed: run 'make settings'");
}

#[test]
fn the_committed_variables_of_spinkube_are_the_manifests() {
    let told = settings("../spin.toml", &["--spinapp"]);
    let patch = String::from_utf8(told.stdout).unwrap();
    let variables = patch.matches("    - name: ").count();
    assert_eq!(variables, include_str!("../../docs/settings.md").matches("\n| `").count());
    let committed = include_str!("../../ops/spinkube/base/variables.yaml");
    assert!(committed == patch, "the settings have changed: run 'make settings'");
}

#[test]
fn a_variable_without_a_comment_is_refused() {
    let told = settings("tests/uncommented.toml", &[]);
    assert!(!told.status.success());
    let why = String::from_utf8_lossy(&told.stderr);
    assert!(why.contains("colour has no comment"), "{why}");
}
