//! The Git repositories that the simulated GitHub has: the examples, and those that a person names.

use anyhow::{Context, Result, ensure};
use nokube_dev_runner::process;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// The owner of the example repositories.
const EXAMPLES_OWNER: &str = "examples";

/// A repository `OWNER/NAME=FOLDER` of the command line.
#[derive(Clone, Debug)]
pub struct NamedRepository {
    name: String,
    folder: PathBuf,
}

impl std::str::FromStr for NamedRepository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, folder) = text.split_once('=').ok_or("expected OWNER/NAME=FOLDER")?;
        let is_name = name.split('/').count() == 2 && !name.split('/').any(str::is_empty);
        if !is_name || folder.is_empty() {
            return Err("expected OWNER/NAME=FOLDER".into());
        }
        Ok(Self { name: name.into(), folder: folder.into() })
    }
}

/// The folders of all repositories by `OWNER/NAME`. Makes a repository in `folder` of each example, unless it is
/// there from an earlier start.
///
/// # Errors
/// A folder is not a Git repository, or cannot be written.
pub async fn prepare(
    examples: &Path,
    folder: &Path,
    named: &[NamedRepository],
) -> Result<BTreeMap<String, PathBuf>> {
    let mut repositories = BTreeMap::new();
    for example in fs::read_dir(examples)? {
        let example = example?.path();
        let Some(name) = example.file_name().and_then(|name| name.to_str()) else { continue };
        if !example.is_dir() {
            continue;
        }
        let repository = folder.join(EXAMPLES_OWNER).join(name);
        if !repository.join(".git").exists() {
            create(&example, &repository).await?;
        }
        repositories.insert(format!("{EXAMPLES_OWNER}/{name}"), std::path::absolute(repository)?);
    }
    for NamedRepository { name, folder } in named {
        let is_repository = folder.join(".git").is_dir();
        ensure!(is_repository, "{} is not the top folder of a Git repository", folder.display());
        repositories.insert(name.clone(), std::path::absolute(folder)?);
    }
    Ok(repositories)
}

/// Copies the files of an example and commits them.
async fn create(example: &Path, repository: &Path) -> Result<()> {
    fs::create_dir_all(repository.parent().context("no parent")?)?;
    process::output(Command::new("cp").arg("-r").args([example, repository])).await?;
    let git = async |arguments: &[&str]| {
        let author = ["-c", "user.name=NoKube", "-c", "user.email=examples@nokube.invalid"];
        let mut command = Command::new("git");
        command.args(author).arg("-C").arg(repository).args(arguments);
        process::output(&mut command).await
    };
    git(&["init", "--quiet", "--initial-branch=main"]).await?;
    git(&["add", "--all"]).await?;
    git(&["commit", "--quiet", "--message=The example"]).await?;
    Ok(())
}
