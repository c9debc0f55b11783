//! The actions of the workflow, as their documentation says.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use crate::job::StepContext;

/// Runs the action `NAME@COMMIT`. Returns whether it succeeded, and its output.
pub fn run(
    context: &StepContext<'_>,
    action: &str,
    with: &BTreeMap<String, String>,
) -> (bool, String) {
    match action.split('@').next() {
        Some("actions/checkout") => checkout(context, with),
        Some("actions/cache/restore") => restore_cache(context, with),
        Some("actions/cache/save") => save_cache(context, with),
        Some("actions/create-github-app-token") => set_output(context, "token", "ghs_sourcetoken"),
        _ => panic!("this runner does not have the action {action}"),
    }
}

fn checkout(context: &StepContext<'_>, with: &BTreeMap<String, String>) -> (bool, String) {
    let Some(repository) = context.machine.repositories.get(&with["repository"]) else {
        return (false, format!("repository '{}' not found", with["repository"]));
    };
    let target = context.workspace.join(&with["path"]);
    let script =
        "git clone --quiet \"$1\" \"$2\" && git -C \"$2\" checkout --quiet --detach \"$3\" 2>&1";
    let output = Command::new("bash")
        .args(["-c", script, "bash"])
        .args([repository.as_path(), &target, Path::new(&with["ref"])])
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Restores the newest entry whose key begins with `restore-keys`.
fn restore_cache(context: &StepContext<'_>, with: &BTreeMap<String, String>) -> (bool, String) {
    let entries = context.machine.directory.join("github-cache");
    let mut found: Vec<_> = fs::read_dir(entries)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name().unwrap().to_str().unwrap().starts_with(&with["restore-keys"])
        })
        .collect();
    found.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    match found.last() {
        Some(newest) => {
            copy(newest, Path::new(&with["path"]));
            (true, "Cache restored\n".into())
        }
        None => (true, "Cache not found\n".into()),
    }
}

fn save_cache(context: &StepContext<'_>, with: &BTreeMap<String, String>) -> (bool, String) {
    let entries = context.machine.directory.join("github-cache");
    fs::create_dir_all(&entries).unwrap();
    copy(Path::new(&with["path"]), &entries.join(&with["key"]));
    (true, "Cache saved\n".into())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let status = Command::new("cp").arg("-r").args([from, to]).status().unwrap();
    assert!(status.success());
}

fn set_output(context: &StepContext<'_>, name: &str, value: &str) -> (bool, String) {
    fs::write(&context.environment["GITHUB_OUTPUT"], format!("{name}={value}\n")).unwrap();
    (true, String::new())
}
