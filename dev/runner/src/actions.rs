//! The actions of the workflow, as their documentation says.

use crate::{
    git_server::credentials,
    job::{SOURCE_TOKEN, StepContext},
    process::{self, End},
};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// The inputs of an action.
pub type Inputs = BTreeMap<String, String>;

/// Runs the action `NAME@COMMIT`.
///
/// # Errors
/// This runner does not have the action, or a file cannot be read or written.
pub async fn run(context: &mut StepContext<'_>, action: &str, with: &Inputs) -> Result<End> {
    match action.split('@').next() {
        Some("actions/checkout") => checkout(context, with).await,
        Some("actions/cache/restore") => restore_cache(context, with).await,
        Some("actions/cache/save") => save_cache(context, with).await,
        Some("actions/create-github-app-token") => create_token(context, with),
        _ => bail!("this runner does not have the action {action}"),
    }
}

fn input<'a>(with: &'a Inputs, name: &str) -> Result<&'a str> {
    with.get(name).map(String::as_str).with_context(|| format!("the input {name} is missing"))
}

/// The last commit only, without submodules, as without further options.
async fn checkout(context: &mut StepContext<'_>, with: &Inputs) -> Result<End> {
    let target = context.workspace.join(input(with, "path")?);
    let script = "exec 2>&1; git init --quiet \"$1\" && cd \"$1\" && git remote add origin \"$2\" \
        && git -c \"http.extraheader=AUTHORIZATION: basic $4\" fetch --quiet --depth=1 origin \"$3\" \
        && git checkout --quiet --detach FETCH_HEAD && git log -1 --format=%H";
    let url = format!("{}/{}", context.machine.git.url, input(with, "repository")?);
    let mut command = Command::new("bash");
    command
        .args(["-c", script, "bash"])
        .arg(target)
        .args([&url, input(with, "ref")?, &credentials(input(with, "token")?)])
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LFS_SKIP_SMUDGE", "1");
    context.run(&mut command).await
}

/// A token that can only read one repository.
fn create_token(context: &mut StepContext<'_>, with: &Inputs) -> Result<End> {
    let repository = format!("{}/{}", input(with, "owner")?, input(with, "repositories")?);
    context.machine.git.add_token(SOURCE_TOKEN, &repository);
    fs::write(context.output_file, format!("token={SOURCE_TOKEN}\n"))?;
    Ok(End::Success)
}

/// Restores the newest entry whose key begins with the first of `restore-keys`, which has one a line; without such an
/// entry that of the second, and so on.
async fn restore_cache(context: &mut StepContext<'_>, with: &Inputs) -> Result<End> {
    let entries = context.machine.directory.join("github-cache");
    let prefixes = input(with, "restore-keys")?.lines().map(str::trim);
    let prefixes: Vec<_> = prefixes.filter(|prefix| !prefix.is_empty()).collect();
    for prefix in &prefixes {
        let Some(newest) = newest_entry(&entries, prefix)? else { continue };
        copy(&newest, Path::new(input(with, "path")?)).await?;
        let key = newest.file_name().map(|name| name.to_string_lossy().into_owned());
        context.print(&format!("Cache restored from key: {}", key.as_deref().unwrap_or("")));
        return Ok(End::Success);
    }
    context.print(&format!("Cache not found for input keys: {}", prefixes.join(", ")));
    Ok(End::Success)
}

fn newest_entry(entries: &Path, prefix: &str) -> Result<Option<PathBuf>> {
    let mut newest = None;
    for entry in fs::read_dir(entries).into_iter().flatten() {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            newest = newest.max(Some((entry.metadata()?.modified()?, entry.path())));
        }
    }
    Ok(newest.map(|(_, path)| path))
}

async fn save_cache(context: &mut StepContext<'_>, with: &Inputs) -> Result<End> {
    let (path, key) = (input(with, "path")?, input(with, "key")?);
    copy(Path::new(path), &context.machine.directory.join("github-cache").join(key)).await?;
    context.print(&format!("Cache saved with key: {key}"));
    Ok(End::Success)
}

async fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("it has no parent")?)?;
    process::output(Command::new("cp").arg("-r").args([from, to])).await?;
    Ok(())
}
