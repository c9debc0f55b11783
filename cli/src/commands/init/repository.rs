//! The repository in which `nokube init` runs.

use crate::{
    Error, Result,
    detect::{Files, is_wanted},
    git::{self, GitError},
};
use std::{
    collections::BTreeMap,
    env,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// The most bytes of a file that are read.
const MAX_BYTES: u64 = 64 * 1024;

pub struct Repository {
    pub root: PathBuf,
    pub name: String,
    pub files: Files,
}

impl Repository {
    /// Reads the repository that the current folder is in.
    pub async fn read() -> Result<Self> {
        let folder = env::current_dir().map_err(|error| Error::failed(error.to_string()))?;
        let root = git::root(&folder).ok_or(GitError::NoRepository)?.to_owned();
        let paths = git::files(&root).await?;
        let contents = paths.iter().filter(|path| is_wanted(path));
        let contents = contents.filter_map(|path| Some((path.clone(), content(&root.join(path))?)));
        let contents: BTreeMap<_, _> = contents.collect();
        let name = match git::repository_of(&root, None).await {
            Ok(address) => address.name().to_owned(),
            Err(_) => root.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        Ok(Self { root, name, files: Files { paths, contents } })
    }
}

/// The beginning of a text file.
fn content(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
