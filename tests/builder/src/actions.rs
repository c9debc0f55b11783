//! The actions of the workflow, as their documentation says.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use crate::{
    git_server::credentials,
    job::{SOURCE_TOKEN, StepContext},
};

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
        Some("actions/create-github-app-token") => create_token(context, with),
        _ => panic!("this runner does not have the action {action}"),
    }
}

/// The last commit only, without submodules, as without further options.
fn checkout(context: &StepContext<'_>, with: &BTreeMap<String, String>) -> (bool, String) {
    let target = context.workspace.join(&with["path"]);
    let script = "git init --quiet \"$1\" && cd \"$1\" && git remote add origin \"$2\" \
        && git -c \"http.extraheader=AUTHORIZATION: basic $4\" fetch --quiet --depth=1 origin \"$3\" \
        && git checkout --quiet --detach FETCH_HEAD";
    let url = format!("{}/{}", context.machine.git.url, with["repository"]);
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1; {script}"), "bash"])
        .arg(target)
        .args([&url, &with["ref"], &credentials(&with["token"])])
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A token that can only read one repository.
fn create_token(context: &StepContext<'_>, with: &BTreeMap<String, String>) -> (bool, String) {
    let repository = format!("{}/{}", with["owner"], with["repositories"]);
    context.machine.git.add_token(SOURCE_TOKEN, &repository);
    set_output(context, "token", SOURCE_TOKEN)
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
