//! Which caller may read or change which repository.

use super::installations::InstallationToken;
use super::repositories::Repository;

/// The caller, as its credentials identify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The App itself, by its JWT.
    App,
    Installation(InstallationToken),
    /// The configured personal access token, which has all permissions.
    Personal,
    /// The login of a user who signed in through the App.
    User(String),
}

/// The level of a permission that an endpoint requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Read,
    Write,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessError {
    /// GitHub hides that a private repository exists.
    NotFound,
    Forbidden,
}

impl Caller {
    /// Whether the caller's token covers the repository, beyond what is public.
    fn covers(&self, repository: &Repository) -> bool {
        match self {
            Self::App | Self::User(_) => false,
            Self::Personal => true,
            Self::Installation(token) => {
                let name = repository.name.to_ascii_lowercase();
                repository.app_installed
                    && token.account.eq_ignore_ascii_case(&repository.owner)
                    && token.repositories.as_ref().is_none_or(|names| names.contains(&name))
            }
        }
    }

    /// Requires a permission (`actions`, `contents`, …) on a repository. Public repositories can be
    /// read without it.
    pub fn require_permission(
        &self,
        repository: &Repository,
        permission: &str,
        level: Level,
    ) -> Result<(), AccessError> {
        if !self.covers(repository) {
            return match (repository.private, level) {
                (true, _) => Err(AccessError::NotFound),
                (false, Level::Write) => Err(AccessError::Forbidden),
                (false, Level::Read) => Ok(()),
            };
        }
        let Self::Installation(token) = self else {
            return Ok(());
        };
        let granted = token.permissions.get(permission).map(String::as_str);
        let is_enough = match granted {
            Some("write" | "admin") => true,
            Some(_) => level == Level::Read,
            // Reading metadata is part of every permission.
            None => permission == "metadata" && level == Level::Read,
        };
        if is_enough { Ok(()) } else { Err(AccessError::Forbidden) }
    }

    /// Requires that the caller's token covers the repository. A public repository is not enough.
    pub fn require_coverage(&self, repository: &Repository) -> Result<(), AccessError> {
        match self.covers(repository) {
            true => Ok(()),
            false if repository.private => Err(AccessError::NotFound),
            false => Err(AccessError::Forbidden),
        }
    }

    /// The actor of what the caller does, such as of the workflow runs that it dispatches.
    #[must_use]
    pub fn login(&self) -> &'static str {
        match self {
            Self::Personal => "nokube-operator",
            _ => "nokube[bot]",
        }
    }
}
