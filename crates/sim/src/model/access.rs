//! Who may see and do what.

use super::grants::Grant;
use super::world::Repository;

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The App itself, by its JWT.
    App,
    Installation(Grant),
    /// The configured personal access token, which may do everything.
    Personal,
    /// Somebody who has signed in through the platform, by login.
    User(String),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// GitHub does not even admit that there is such a thing.
    NotFound,
    Forbidden,
}

impl Caller {
    fn covers(&self, repository: &Repository) -> bool {
        match self {
            Self::App | Self::User(_) => false,
            Self::Personal => true,
            Self::Installation(grant) => {
                let name = repository.name.to_ascii_lowercase();
                repository.app_installed
                    && grant.account.eq_ignore_ascii_case(&repository.owner)
                    && grant.repositories.as_ref().is_none_or(|names| names.contains(&name))
            }
        }
    }

    /// Demands a permission on a repository: `write` or `read` of `actions`, `contents`, …
    pub fn may(&self, repo: &Repository, permission: &str, write: bool) -> Result<(), Denial> {
        if !self.covers(repo) {
            return match (repo.private, write) {
                (true, _) => Err(Denial::NotFound),
                (false, true) => Err(Denial::Forbidden),
                (false, false) => Ok(()),
            };
        }
        let Self::Installation(grant) = self else {
            return Ok(());
        };
        let level = grant.permissions.get(permission).map(String::as_str);
        // Reading metadata comes with every permission.
        let enough = match level {
            Some("write" | "admin") => true,
            Some(_) => !write,
            None => permission == "metadata" && !write,
        };
        if enough { Ok(()) } else { Err(Denial::Forbidden) }
    }

    /// Like [`Caller::may`], where being public is not enough either.
    pub fn must_cover(&self, repo: &Repository) -> Result<(), Denial> {
        match self.covers(repo) {
            true => Ok(()),
            false if repo.private => Err(Denial::NotFound),
            false => Err(Denial::Forbidden),
        }
    }

    /// The login that shows up as the actor of what the caller does.
    #[must_use]
    pub fn login(&self) -> &'static str {
        match self {
            Self::Personal => "nokube-operator",
            _ => "nokube[bot]",
        }
    }
}
