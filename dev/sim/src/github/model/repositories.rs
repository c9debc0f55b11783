//! Repositories with their collaborators. Every valid name exists, unless it contains
//! `missing` or only some repositories are served.

use super::api_error::ApiError;
use super::git::GitRepository;
use crate::hash;
use std::collections::{BTreeMap, BTreeSet};

/// Changes of a repository's settings. A setting that is None keeps its value.
#[derive(Debug, Clone, Default)]
pub struct RepositorySettings {
    /// Without this setting a repository is private if its name contains `private`.
    pub private: Option<bool>,
    pub archived: Option<bool>,
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
    pub archived: bool,
    pub default_branch: String,
    pub app_installed: bool,
    pub is_fork: bool,
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
    /// The only ones that exist, in lower case. None: every valid name exists.
    only: Option<BTreeSet<String>>,
    /// By id.
    git: BTreeMap<u64, GitRepository>,
    deleted: BTreeSet<u64>,
    /// The ids of forks, with that of the repository of which each is one.
    forks: BTreeMap<u64, u64>,
    /// Whether the App is installed on an account, in lower case, where it was changed.
    app_installed: BTreeMap<String, bool>,
}

impl Repositories {
    pub(crate) fn new(builder: &str) -> Self {
        // Private, because its logs and inputs belong to all tenants.
        let builder_settings = RepositorySettings { private: Some(true), ..Default::default() };
        let settings = BTreeMap::from([(builder.to_ascii_lowercase(), builder_settings)]);
        Self {
            settings,
            names: BTreeMap::new(),
            renamed: BTreeMap::new(),
            only: None,
            git: BTreeMap::new(),
            deleted: BTreeSet::new(),
            forks: BTreeMap::new(),
            app_installed: BTreeMap::from([("noapp".to_owned(), false)]),
        }
    }

    /// From now on only these repositories exist (`owner/name`).
    pub fn restrict_to<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        let names: Vec<&str> = names.collect();
        self.only = Some(names.iter().map(|name| name.to_ascii_lowercase()).collect());
        self.names = names.iter().map(|name| (self.id(name), (*name).to_owned())).collect();
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
        if let Some(only) = &mut self.only {
            only.remove(&old);
            only.insert(key.clone());
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
        old.archived = new.archived.or(old.archived);
        old.app_installed = new.app_installed.or(old.app_installed);
        old.workflow = new.workflow.or(old.workflow);
        old.collaborators = new.collaborators.or(old.collaborators.take());
    }

    fn settings(&self, repository: &str) -> RepositorySettings {
        self.settings.get(&repository.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    pub fn repository(&self, owner: &str, name: &str) -> Option<Repository> {
        let full_name = format!("{owner}/{name}").to_ascii_lowercase();
        let settings = self.settings(&full_name);
        let exists = match &self.only {
            Some(only) => only.contains(&full_name),
            None => !name.contains("missing") && login_exists(owner),
        };
        let id = self.id(&format!("{owner}/{name}"));
        if !exists || self.deleted.contains(&id) {
            return None;
        }
        let git = self.git.get(&id);
        Some(Repository {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            private: settings.private.unwrap_or(name.contains("private")),
            archived: settings.archived.unwrap_or_default(),
            default_branch: git.map_or_else(|| "main".to_owned(), |git| git.default_branch.clone()),
            app_installed: settings.app_installed.unwrap_or_else(|| self.is_app_installed(owner)),
            is_fork: self.forks.contains_key(&id),
        })
    }

    /// Finds a repository by `owner/name`, and remembers it.
    pub fn find(&mut self, full_name: &str) -> Result<Repository, ApiError> {
        let parts = full_name.split_once('/');
        let found = parts.and_then(|(owner, name)| self.repository(owner, name));
        let found = found.ok_or_else(ApiError::not_found)?;
        self.remember(&found);
        Ok(found)
    }

    /// The same, with its branches and commits.
    pub fn find_git(
        &mut self,
        full_name: &str,
    ) -> Result<(Repository, &mut GitRepository), ApiError> {
        let repository = self.find(full_name)?;
        let git = self.git(&repository);
        Ok((repository, git))
    }

    /// The branches and commits of a repository.
    pub fn git(&mut self, repository: &Repository) -> &mut GitRepository {
        let invent = || GitRepository::new(&repository.full_name());
        self.git.entry(repository.id).or_insert_with(invent)
    }

    /// An account's fork of a repository, with the commits that it has now. The App is not installed on a new one.
    pub fn fork(&mut self, of: &Repository, owner: &str) -> Result<Repository, ApiError> {
        let full_name = format!("{owner}/{}", of.name);
        let original = self.git(of).clone();
        if let Ok((found, git)) = self.find_git(&full_name)
            && found.is_fork
        {
            git.fetch(&original);
            return Ok(found);
        }
        if let Some(only) = &mut self.only {
            only.insert(full_name.to_ascii_lowercase());
        }
        let (private, app_installed) = (Some(of.private), Some(false));
        self.set(&full_name, RepositorySettings { private, app_installed, ..Default::default() });
        let id = self.id(&full_name);
        self.deleted.remove(&id);
        self.forks.insert(id, of.id);
        self.git.insert(id, original.fork(owner));
        self.find(&full_name)
    }

    /// Lets the forks of a repository have its branches. Returns them.
    pub fn copy_to_forks(&mut self, of: &Repository) -> Vec<Repository> {
        let original = self.git(of).clone();
        let ids = self.forks.iter().filter(|(_, base)| **base == of.id).map(|(id, _)| *id);
        let forks: Vec<Repository> = ids.filter_map(|id| self.by_id(id)).collect();
        for fork in &forks {
            self.git.insert(fork.id, original.fork(&fork.owner));
        }
        forks
    }

    pub fn delete(&mut self, id: u64) {
        self.deleted.insert(id);
    }

    /// The repositories that were requested or changed and that still exist, by id.
    pub fn known(&self) -> impl Iterator<Item = Repository> {
        self.names.keys().filter_map(|id| self.by_id(*id))
    }

    /// Whether the App is installed on all repositories of an account, unless a repository's settings differ.
    pub fn is_app_installed(&self, account: &str) -> bool {
        self.app_installed.get(&account.to_ascii_lowercase()).copied().unwrap_or(true)
    }

    pub fn set_app_installed(&mut self, account: &str, installed: bool) {
        self.app_installed.insert(account.to_ascii_lowercase(), installed);
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
