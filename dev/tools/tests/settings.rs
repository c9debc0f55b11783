//! The generated documents of the settings are up to date and complete.
#![allow(clippy::unwrap_used)] // Tests.

use std::process::{Command, Output};

fn run_settings(manifest: &str, arguments: &[&str]) -> Output {
    let manifest = format!("{}/{manifest}", env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_nokube-dev"))
        .args(["settings", &manifest])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_committed_table_is_up_to_date() {
    let output = run_settings("../../spin.toml", &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("| `platform_url` |"));
    let committed = include_str!("../../../docs/settings.md");
    assert!(committed == table, "the settings have changed: run 'make settings'");
}

#[test]
fn the_committed_variables_of_spinkube_are_up_to_date() {
    let output = run_settings("../../spin.toml", &["--spinapp"]);
    let patch = String::from_utf8(output.stdout).unwrap();
    let variables = patch.matches("    - name: ").count();
    assert_eq!(variables, include_str!("../../../docs/settings.md").matches("\n| `").count());
    let committed = include_str!("../../../ops/spinkube/base/variables.yaml");
    assert!(committed == patch, "the settings have changed: run 'make settings'");
}

#[test]
fn the_committed_manifest_for_a_hosted_spin_is_up_to_date() {
    let output = run_settings("../../spin.toml", &["--hosted"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let manifest = String::from_utf8(output.stdout).unwrap();
    assert!(!manifest.contains("key_value_stores") && manifest.contains("nokube-edge/hosted"));
    let committed = include_str!("../../../spin.hosted.toml");
    assert!(committed == manifest, "spin.toml has changed: run 'make settings'");
}

#[test]
fn the_guide_to_a_hosted_spin_names_settings_that_exist() {
    let guide = include_str!("../../../docs/hosted-spin.md");
    let (_, rest) = guide.split_once("jq -n").unwrap();
    let (example, _) = rest.split_once("> settings.json").unwrap();
    let names: Vec<_> = example.split_whitespace().filter_map(|w| w.strip_suffix(':')).collect();
    assert!(names.contains(&"state_redis_url") && names.len() > 10, "{names:?}");
    let settings = include_str!("../../../docs/settings.md");
    for name in names {
        assert!(settings.contains(&format!("\n| `{name}` |")), "{name} is not a setting");
    }
}

#[test]
fn a_variable_without_a_comment_is_an_error() {
    let output = run_settings("tests/uncommented.toml", &[]);
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("colour has no comment"), "{error}");
}
