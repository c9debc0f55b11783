//! Changes of repositories themselves: names, owners, visibility, default branches, and their end.

use super::api_error::ApiError;
use super::events::RepositoryChange;
use super::pushes::event;
use super::repositories::RepositorySettings;
use super::{Effect, Model};

type Changed = Result<Vec<Effect>, ApiError>;

impl Model {
    /// Renames a repository, or transfers it to another account.
    pub fn rename_repository(&mut self, old: &str, new: &str) -> Changed {
        let before = self.repositories.find(old)?;
        self.repositories.rename(old, new);
        let repository = self.repositories.find(new)?;
        let change = if before.owner.eq_ignore_ascii_case(&repository.owner) {
            self.installations.rename_repository(&before.owner, &before.name, &repository.name);
            RepositoryChange::Renamed(before.name)
        } else {
            RepositoryChange::Transferred(before.owner)
        };
        Ok(vec![event(&repository, None, change)])
    }

    pub fn set_default_branch(&mut self, repository: &str, branch: &str) -> Changed {
        let (mut repository, git) = self.repositories.find_git(repository)?;
        git.head(branch).ok_or_else(ApiError::not_found)?;
        let old = std::mem::replace(&mut git.default_branch, branch.to_owned());
        repository.default_branch = branch.to_owned();
        Ok(vec![event(&repository, None, RepositoryChange::DefaultBranch(old))])
    }

    /// `false` makes it writable again.
    pub fn archive_repository(&mut self, repository: &str, archived: bool) -> Changed {
        let archived_setting =
            RepositorySettings { archived: Some(archived), ..Default::default() };
        let action = if archived { "archived" } else { "unarchived" };
        self.change_setting(repository, archived_setting, action)
    }

    pub fn set_visibility(&mut self, repository: &str, private: bool) -> Changed {
        let private_setting = RepositorySettings { private: Some(private), ..Default::default() };
        let action = if private { "privatized" } else { "publicized" };
        self.change_setting(repository, private_setting, action)
    }

    fn change_setting(
        &mut self,
        repository: &str,
        settings: RepositorySettings,
        action: &'static str,
    ) -> Changed {
        self.repositories.set(repository, settings);
        let repository = self.repositories.find(repository)?;
        Ok(vec![event(&repository, None, RepositoryChange::Other(action))])
    }

    pub fn delete_repository(&mut self, repository: &str) -> Changed {
        let repository = self.repositories.find(repository)?;
        self.repositories.delete(repository.id);
        Ok(vec![event(&repository, None, RepositoryChange::Other("deleted"))])
    }
}
