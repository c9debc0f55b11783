//! Lists of repositories and branches, for those who choose one.

use crate::repository::Repository;
use serde::Serialize;

/// Repositories that the caller can build.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RepositoryList {
    /// At most 10, by name; those of the caller's own account first.
    pub repositories: Vec<RepositoryView>,
}

/// A repository at GitHub.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Repository))]
pub struct RepositoryView {
    /// GitHub's number, which stays the same if it is renamed.
    pub id: u64,
    /// `OWNER/NAME`
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub full_name: Repository,
    pub repository_url: String,
    pub private: bool,
    /// `null` if GitHub knows none.
    pub default_branch: Option<String>,
}

/// The branches of a repository.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BranchList {
    /// At most 20, by name.
    pub branches: Vec<String>,
    /// `null` if GitHub knows none.
    pub default_branch: Option<String>,
}
