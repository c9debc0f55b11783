//! Repositories, refs, people and their rights: any name exists, unless the name or a test says otherwise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids;

/// What a test sets about a repository; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepositorySettings {
    pub exists: Option<bool>,
    pub private: Option<bool>,
    pub app_installed: Option<bool>,
    /// The only branches and tags, each with its commit or `""` for a made-up one.
    pub refs: Option<BTreeMap<String, String>>,
    /// Login to `admin`, `maintain`, `write`, `triage`, `read` or `none`.
    pub collaborators: Option<BTreeMap<String, String>>,
    /// The only files, each with its text.
    pub files: Option<BTreeMap<String, String>>,
    /// Of the builder repository.
    pub workflow: Option<WorkflowState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowState {
    Active,
    Missing,
    NoDispatch,
    Disabled,
}

/// A repository that exists.
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
pub struct World {
    settings: BTreeMap<String, RepositorySettings>,
}

impl World {
    pub(crate) fn new(builder: &str) -> Self {
        // Its logs and arguments are every tenant's.
        let builder_is = RepositorySettings { private: Some(true), ..Default::default() };
        Self { settings: BTreeMap::from([(builder.to_ascii_lowercase(), builder_is)]) }
    }

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
        let set = self.settings(&format!("{owner}/{name}"));
        let exists = set.and_then(|set| set.exists);
        let (by_name, private) = (!name.contains("missing"), name.contains("private"));
        exists.unwrap_or(by_name && is_login(owner)).then(|| Repository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            private: set.and_then(|set| set.private).unwrap_or(private),
            app_installed: set
                .and_then(|set| set.app_installed)
                .unwrap_or(!owner.eq_ignore_ascii_case("noapp")),
        })
    }

    /// The commit that a branch, a tag or a commit's name stands for.
    #[must_use]
    pub fn commit(&self, repository: &str, reference: &str) -> Option<String> {
        if reference.is_empty() || reference.contains("missing") {
            return None;
        }
        if ids::is_commit(reference) {
            return Some(reference.to_ascii_lowercase());
        }
        let prefixes = ["refs/heads/", "refs/tags/", "heads/", "tags/"];
        let name = prefixes.iter().find_map(|prefix| reference.strip_prefix(prefix));
        let name = name.unwrap_or(reference);
        let made_up = ids::sha1_like(&format!("{}@{name}", repository.to_ascii_lowercase()));
        match self.settings(repository).and_then(|set| set.refs.as_ref()) {
            None => Some(made_up),
            Some(refs) => {
                let commit = refs.get(name)?;
                Some(if commit.is_empty() { made_up } else { commit.clone() })
            }
        }
    }

    /// What a person may do in a repository, as GitHub's role names say it; None for a stranger
    /// to GitHub.
    #[must_use]
    pub fn role(&self, repository: &Repository, login: &str) -> Option<String> {
        if !is_login(login) {
            return None;
        }
        let set = self.settings(&repository.full_name());
        let collaborators = set.and_then(|set| set.collaborators.as_ref());
        let given = collaborators.and_then(|people| {
            people.iter().find(|(person, _)| person.eq_ignore_ascii_case(login))
        });
        let role = match given {
            Some((_, role)) => role.as_str(),
            None if repository.owner.eq_ignore_ascii_case(login) => "admin",
            None if repository.private => "none",
            None => "read",
        };
        Some(role.to_owned())
    }

    /// A file's text, or None when the commit does not have it.
    #[must_use]
    pub fn file(&self, repository: &str, path: &str) -> Option<String> {
        match self.settings(repository).and_then(|set| set.files.as_ref()) {
            Some(files) => files.get(path).cloned(),
            None if path.contains("missing") => None,
            None if path.ends_with("Dockerfile") => Some(
                "FROM docker.io/library/nginx:1.29-alpine\nCOPY . /usr/share/nginx/html\n".into(),
            ),
            None => Some(format!("{path} of {repository}\n")),
        }
    }

    /// The names of the files of a directory.
    #[must_use]
    pub fn files(&self, repository: &str) -> Vec<String> {
        match self.settings(repository).and_then(|set| set.files.as_ref()) {
            Some(files) => files.keys().cloned().collect(),
            None => vec!["Dockerfile".to_owned(), "README.md".to_owned()],
        }
    }

    #[must_use]
    pub fn workflow_state(&self, repository: &str) -> WorkflowState {
        let set = self.settings(repository).and_then(|set| set.workflow);
        set.unwrap_or(WorkflowState::Active)
    }
}

/// Logins that GitHub would take; those with `missing` in them belong to nobody.
#[must_use]
pub fn is_login(login: &str) -> bool {
    let known = login.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    known && !login.is_empty() && login.len() <= 39 && !login.contains("missing")
}
