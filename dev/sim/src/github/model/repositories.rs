//! Repositories with their refs, files and collaborators. Every valid name exists, unless it contains
//! `missing` or a test has changed it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids;

/// Changes of a repository's settings. A setting that is None keeps its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepositorySettings {
    /// Without this setting a repository exists unless its name contains `missing`.
    pub exists: Option<bool>,
    /// Without this setting a repository is private if its name contains `private`.
    pub private: Option<bool>,
    /// Without this setting the App is installed on every account but `noapp`.
    pub app_installed: Option<bool>,
    /// All branches and tags, each with its commit. An empty commit gets a generated SHA.
    pub refs: Option<BTreeMap<String, String>>,
    /// Role by login: `admin`, `maintain`, `write`, `triage`, `read` or `none`.
    pub collaborators: Option<BTreeMap<String, String>>,
    /// All files: text by path.
    pub files: Option<BTreeMap<String, String>>,
    /// State of the workflow of the builder repository.
    pub workflow: Option<WorkflowState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowState {
    Active,
    Missing,
    /// The workflow has no `workflow_dispatch` trigger.
    NoDispatch,
    Disabled,
}

/// An existing repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repository {
    pub owner: String,
    pub name: String,
    pub private: bool,
    pub app_installed: bool,
}

impl Repository {
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

#[derive(Debug)]
pub struct Repositories {
    /// By full name in lower case.
    settings: BTreeMap<String, RepositorySettings>,
}

impl Repositories {
    pub(crate) fn new(builder: &str) -> Self {
        // Private, because its logs and inputs belong to all tenants.
        let builder_settings = RepositorySettings { private: Some(true), ..Default::default() };
        Self { settings: BTreeMap::from([(builder.to_ascii_lowercase(), builder_settings)]) }
    }

    /// `repository` is `owner/name`.
    pub fn set(&mut self, repository: &str, new: RepositorySettings) {
        let old = self.settings.entry(repository.to_ascii_lowercase()).or_default();
        old.exists = new.exists.or(old.exists);
        old.private = new.private.or(old.private);
        old.app_installed = new.app_installed.or(old.app_installed);
        old.workflow = new.workflow.or(old.workflow);
        old.refs = new.refs.or(old.refs.take());
        old.collaborators = new.collaborators.or(old.collaborators.take());
        old.files = new.files.or(old.files.take());
    }

    fn settings(&self, repository: &str) -> Option<&RepositorySettings> {
        self.settings.get(&repository.to_ascii_lowercase())
    }

    #[must_use]
    pub fn repository(&self, owner: &str, name: &str) -> Option<Repository> {
        let settings = self.settings(&format!("{owner}/{name}"));
        let exists = settings.and_then(|settings| settings.exists);
        let exists_by_name = !name.contains("missing") && login_exists(owner);
        exists.unwrap_or(exists_by_name).then(|| Repository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            private: settings
                .and_then(|settings| settings.private)
                .unwrap_or(name.contains("private")),
            app_installed: settings
                .and_then(|settings| settings.app_installed)
                .unwrap_or(!owner.eq_ignore_ascii_case("noapp")),
        })
    }

    /// The SHA of the commit that a branch, a tag or a SHA refers to.
    #[must_use]
    pub fn commit(&self, repository: &str, reference: &str) -> Option<String> {
        if reference.is_empty() || reference.contains("missing") {
            return None;
        }
        if ids::is_commit_sha(reference) {
            return Some(reference.to_ascii_lowercase());
        }
        let prefixes = ["refs/heads/", "refs/tags/", "heads/", "tags/"];
        let name = prefixes.iter().find_map(|prefix| reference.strip_prefix(prefix));
        let name = name.unwrap_or(reference);
        let generated = ids::sha1_like(&format!("{}@{name}", repository.to_ascii_lowercase()));
        match self.settings(repository).and_then(|settings| settings.refs.as_ref()) {
            None => Some(generated),
            Some(refs) => {
                let commit = refs.get(name)?;
                Some(if commit.is_empty() { generated } else { commit.clone() })
            }
        }
    }

    /// The user's role in a repository (`role_name` in the API). None if the login does not exist.
    #[must_use]
    pub fn role(&self, repository: &Repository, login: &str) -> Option<String> {
        if !login_exists(login) {
            return None;
        }
        let settings = self.settings(&repository.full_name());
        let collaborators = settings.and_then(|settings| settings.collaborators.as_ref());
        let configured = collaborators.and_then(|roles| {
            roles.iter().find(|(collaborator, _)| collaborator.eq_ignore_ascii_case(login))
        });
        let role = match configured {
            Some((_, role)) => role.as_str(),
            None if repository.owner.eq_ignore_ascii_case(login) => "admin",
            None if repository.private => "none",
            None => "read",
        };
        Some(role.to_owned())
    }

    /// The text of a file. None if the file does not exist.
    #[must_use]
    pub fn file(&self, repository: &str, path: &str) -> Option<String> {
        match self.settings(repository).and_then(|settings| settings.files.as_ref()) {
            Some(files) => files.get(path).cloned(),
            None if path.contains("missing") => None,
            None if path.ends_with("Dockerfile") => Some(
                "FROM docker.io/library/nginx:1.29-alpine\nCOPY . /usr/share/nginx/html\n".into(),
            ),
            None => Some(format!("{path} of {repository}\n")),
        }
    }

    /// The paths of all files. The simulation has no directories.
    #[must_use]
    pub fn files(&self, repository: &str) -> Vec<String> {
        match self.settings(repository).and_then(|settings| settings.files.as_ref()) {
            Some(files) => files.keys().cloned().collect(),
            None => vec!["Dockerfile".to_owned(), "README.md".to_owned()],
        }
    }

    #[must_use]
    pub fn workflow_state(&self, repository: &str) -> WorkflowState {
        let settings = self.settings(repository).and_then(|settings| settings.workflow);
        settings.unwrap_or(WorkflowState::Active)
    }
}

/// Whether an account has this login: every valid login that does not contain `missing`.
#[must_use]
pub fn login_exists(login: &str) -> bool {
    let is_valid = login.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_valid && !login.is_empty() && login.len() <= 39 && !login.contains("missing")
}
