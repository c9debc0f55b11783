//! Where nokube.toml is, and which project and services it names.

use super::Context;
use crate::{Error, Exit, Result, config::file_error, git};
pub use nokube_domain::config_file::FILE_NAME as CONFIG_FILE;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// What finding project and service needs of nokube.toml. The other fields may be invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFileSummary {
    pub path: PathBuf,
    pub project: Option<String>,
    pub services: Vec<String>,
}

impl Context {
    pub fn config_file(&self) -> Result<Option<ConfigFileSummary>> {
        let Ok(folder) = env::current_dir() else { return Ok(None) };
        find_config_file(&folder).map(|path| summarize(&path)).transpose()
    }
}

/// nokube.toml in `folder`, or above it up to the root of the Git repository.
pub fn find_config_file(folder: &Path) -> Option<PathBuf> {
    let root = git::root(folder).unwrap_or(folder);
    let folders = folder.ancestors().take_while(|folder| folder.starts_with(root));
    folders.map(|folder| folder.join(CONFIG_FILE)).find(|path| path.is_file())
}

fn summarize(path: &Path) -> Result<ConfigFileSummary> {
    #[derive(Deserialize)]
    struct Summary {
        project: Option<String>,
        #[serde(default)]
        services: BTreeMap<String, toml::Value>,
    }
    let content = fs::read_to_string(path).map_err(|error| file_error(path, &error))?;
    let summary: Summary = toml::from_str(&content).map_err(|error| Error {
        exit: Exit::ConfigFile,
        ..file_error(path, &error.to_string().trim_end())
    })?;
    let services = summary.services.into_keys().collect();
    Ok(ConfigFileSummary { path: path.to_owned(), project: summary.project, services })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_for_up_to_the_root_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("repository");
        let inner = repository.join("web/src");
        fs::create_dir_all(&inner).unwrap();
        fs::write(folder.path().join(CONFIG_FILE), "").unwrap();
        assert_eq!(find_config_file(&inner), None, "without a repository, only in the folder");
        fs::create_dir(repository.join(".git")).unwrap();
        assert_eq!(find_config_file(&inner), None, "not above the repository");
        let path = repository.join(CONFIG_FILE);
        fs::write(
            &path,
            "project = \"myapp\"\nunknown = 1\n[services.web]\n[services.api.build]\n",
        )
        .unwrap();
        assert_eq!(find_config_file(&inner).as_ref(), Some(&path));
        let summary = summarize(&path).unwrap();
        assert_eq!(summary.project.as_deref(), Some("myapp"));
        assert_eq!(summary.services, ["api", "web"]);
        fs::write(&path, "project = ").unwrap();
        assert_eq!(summarize(&path).unwrap_err().exit, Exit::ConfigFile);
    }
}
