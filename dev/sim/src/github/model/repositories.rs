//! Repositories with their collaborators. Every valid name exists, unless it contains
//! `missing`.

use crate::hash;
use std::collections::BTreeMap;

/// Changes of a repository's settings. A setting that is None keeps its value.
#[derive(Debug, Clone, Default)]
pub struct RepositorySettings {
    /// Without this setting a repository is private if its name contains `private`.
    pub private: Option<bool>,
    /// Without this setting the App is installed on every account but `noapp`.
    pub app_installed: Option<bool>,
    /// Role by login: `admin`, `maintain`, `write`, `triage`, `read` or `none`.
    pub collaborators: Option<BTreeMap<String, String>>,
    /// State of the workflow of the builder repository.
    pub workflow: Option<WorkflowState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowState {
    Active,
    Missing,
    /// The workflow has no `workflow_dispatch` trigger.
    NoDispatch,
    Disabled,
}

/// An existing repository.
#[derive(Debug, Clone)]
pub struct Repository {
    /// A rename does not change it.
    pub id: u64,
    pub owner: String,
    pub name: String,
    pub private: bool,
    pub app_installed: bool,
}

impl Repository {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

#[derive(Debug)]
pub struct Repositories {
    /// By full name in lower case.
    settings: BTreeMap<String, RepositorySettings>,
    /// The present names of repositories that were requested, by id.
    names: BTreeMap<u64, String>,
    /// The ids of renamed repositories, by each of their names in lower case.
    renamed: BTreeMap<String, u64>,
}

impl Repositories {
    pub(crate) fn new(builder: &str) -> Self {
        // Private, because its logs and inputs belong to all tenants.
        let builder_settings = RepositorySettings { private: Some(true), ..Default::default() };
        let settings = BTreeMap::from([(builder.to_ascii_lowercase(), builder_settings)]);
        Self { settings, names: BTreeMap::new(), renamed: BTreeMap::new() }
    }

    fn id(&self, full_name: &str) -> u64 {
        let renamed = self.renamed.get(&full_name.to_ascii_lowercase());
        renamed.copied().unwrap_or_else(|| hash::id_from_name(600_000_000, full_name))
    }

    /// Renames or transfers a repository. GitHub redirects from its old name.
    pub fn rename(&mut self, old: &str, new: &str) {
        let id = self.id(old);
        let (old, key) = (old.to_ascii_lowercase(), new.to_ascii_lowercase());
        if let Some(settings) = self.settings.remove(&old) {
            self.settings.insert(key.clone(), settings);
        }
        self.renamed.extend([(old, id), (key, id)]);
        self.names.insert(id, new.to_owned());
    }

    /// The id of the repository that had this name before it was renamed.
    pub fn moved_to(&self, full_name: &str) -> Option<u64> {
        let id = *self.renamed.get(&full_name.to_ascii_lowercase())?;
        (!self.names.get(&id)?.eq_ignore_ascii_case(full_name)).then_some(id)
    }

    /// What a repository is called now.
    pub fn present_name<'a>(&'a self, full_name: &'a str) -> &'a str {
        let id = self.moved_to(full_name);
        id.and_then(|id| self.names.get(&id)).map_or(full_name, String::as_str)
    }

    /// Remembers the name of a repository, so that it is found by its id.
    pub fn remember(&mut self, repository: &Repository) {
        self.names.entry(repository.id).or_insert_with(|| repository.full_name());
    }

    pub fn by_id(&self, id: u64) -> Option<Repository> {
        let (owner, name) = self.names.get(&id)?.split_once('/')?;
        self.repository(owner, name)
    }

    /// `repository` is `owner/name`.
    pub fn set(&mut self, repository: &str, new: RepositorySettings) {
        let old = self.settings.entry(repository.to_ascii_lowercase()).or_default();
        old.private = new.private.or(old.private);
        old.app_installed = new.app_installed.or(old.app_installed);
        old.workflow = new.workflow.or(old.workflow);
        old.collaborators = new.collaborators.or(old.collaborators.take());
    }

    fn settings(&self, repository: &str) -> RepositorySettings {
        self.settings.get(&repository.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    pub fn repository(&self, owner: &str, name: &str) -> Option<Repository> {
        let settings = self.settings(&format!("{owner}/{name}"));
        let exists = !name.contains("missing") && login_exists(owner);
        exists.then(|| Repository {
            id: self.id(&format!("{owner}/{name}")),
            owner: owner.to_owned(),
            name: name.to_owned(),
            private: settings.private.unwrap_or(name.contains("private")),
            app_installed: settings.app_installed.unwrap_or(!owner.eq_ignore_ascii_case("noapp")),
        })
    }

    /// The SHA of the commit that a branch, a tag or a SHA refers to.
    pub fn commit(&self, repository: &str, reference: &str) -> Option<String> {
        if reference.is_empty() || reference.contains("missing") {
            return None;
        }
        if hash::is_commit_sha(reference) {
            return Some(reference.to_ascii_lowercase());
        }
        let prefixes = ["refs/heads/", "refs/tags/", "heads/", "tags/"];
        let name = prefixes.iter().find_map(|prefix| reference.strip_prefix(prefix));
        let name = name.unwrap_or(reference);
        let name = if name == "HEAD" { "main" } else { name };
        Some(hash::sha1_like(&format!("{}@{name}", repository.to_ascii_lowercase())))
    }

    /// The user's role in a repository (`role_name` in the API). None if the login does not exist.
    pub fn role(&self, repository: &Repository, login: &str) -> Option<String> {
        if !login_exists(login) {
            return None;
        }
        let roles = self.settings(&repository.full_name()).collaborators.unwrap_or_default();
        let configured =
            roles.iter().find(|(collaborator, _)| collaborator.eq_ignore_ascii_case(login));
        let role = match configured {
            Some((_, role)) => role.as_str(),
            None if repository.owner.eq_ignore_ascii_case(login) => "admin",
            None if repository.private => "none",
            None => "read",
        };
        Some(role.to_owned())
    }

    pub fn workflow_state(&self, repository: &str) -> WorkflowState {
        self.settings(repository).workflow.unwrap_or(WorkflowState::Active)
    }
}

/// Whether an account has this login: every valid login that does not contain `missing`.
pub fn login_exists(login: &str) -> bool {
    let is_valid = login.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_valid && !login.is_empty() && login.len() <= 39 && !login.contains("missing")
}
