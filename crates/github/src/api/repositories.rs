//! Source repositories.

use super::{Api, RepositoryPath, encode};
use crate::Request;
use nokube_domain::{name::Login, repository::CommitSha};

impl Api {
    pub fn repository(&self, at: impl Into<RepositoryPath>, token: &str) -> Request {
        self.get(&at.into().to_string(), token)
    }

    /// The repository with this number, whatever it is called now.
    pub fn repository_by_id(&self, id: u64, token: &str) -> Request {
        self.repository(RepositoryPath::Id(id), token)
    }

    /// The commit that a branch, tag or commit id points to.
    pub fn commit(&self, at: impl Into<RepositoryPath>, git_ref: &str, token: &str) -> Request {
        // A ref may contain slashes, but is a single path parameter here.
        self.get(&format!("{}/commits/{}", at.into(), encode(git_ref)), token)
    }

    /// The newest commit of a branch. Of the files that it changes, which nobody needs, only one is listed.
    pub fn head(&self, at: impl Into<RepositoryPath>, branch: &str, token: &str) -> Request {
        let git_ref = encode(&format!("heads/{branch}"));
        self.get(&format!("{}/commits/{git_ref}?per_page=1", at.into()), token)
    }

    /// A commit, by its id. As of [`Self::head`], only one of its files is listed.
    pub fn commit_by_sha(
        &self,
        at: impl Into<RepositoryPath>,
        sha: &CommitSha,
        token: &str,
    ) -> Request {
        self.get(&format!("{}/commits/{sha}?per_page=1", at.into()), token)
    }

    /// What is at a path of a commit: of a file its contents, if it has at most 1 MB.
    pub fn contents(
        &self,
        at: impl Into<RepositoryPath>,
        path: &str,
        sha: &CommitSha,
        token: &str,
    ) -> Request {
        let path: Vec<String> = path.split('/').map(encode).collect();
        self.get(&format!("{}/contents/{}?ref={sha}", at.into(), path.join("/")), token)
    }

    /// The files that differ between two commits. GitHub lists at most 300, on the first page, and `per_page` counts
    /// the commits only.
    pub fn compare(
        &self,
        at: impl Into<RepositoryPath>,
        base: &CommitSha,
        head: &CommitSha,
        token: &str,
    ) -> Request {
        self.get(&format!("{}/compare/{base}...{head}?per_page=1", at.into()), token)
    }

    /// The first `count` branches.
    pub fn branches(&self, at: impl Into<RepositoryPath>, count: usize, token: &str) -> Request {
        self.get(&format!("{}/branches?per_page={count}", at.into()), token)
    }

    /// The branches whose names begin with `prefix`. GitHub lists all of them.
    pub fn matching_branches(
        &self,
        at: impl Into<RepositoryPath>,
        prefix: &str,
        token: &str,
    ) -> Request {
        let git_ref = encode(&format!("heads/{prefix}"));
        self.get(&format!("{}/git/matching-refs/{git_ref}", at.into()), token)
    }

    /// A user's permission in a repository.
    pub fn permission(&self, at: impl Into<RepositoryPath>, user: &Login, token: &str) -> Request {
        self.get(&format!("{}/collaborators/{user}/permission", at.into()), token)
    }
}
