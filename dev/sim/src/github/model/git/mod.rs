//! The branches, tags and commits of a repository.
//!
//! A repository in which nothing was pushed has an invented commit for each name of a branch or tag, except those
//! that contain `missing` and those of a merge queue. A branch keeps it until the first push to it.

mod commit;
mod compare;

pub use commit::{Commit, Contents, FileChange, FileStatus, StoredCommit, invented_message};
pub use compare::{Comparison, ComparisonStatus};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::hash;

const DEFAULT_BRANCH: &str = "main";

/// A branch or a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitRef {
    Branch(String),
    Tag(String),
}

impl GitRef {
    /// Without `refs/heads/` or `refs/tags/`.
    pub fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
        }
    }

    pub fn full_name(&self) -> String {
        match self {
            Self::Branch(name) => format!("refs/heads/{name}"),
            Self::Tag(name) => format!("refs/tags/{name}"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct GitRepository {
    /// Of which invented commits are made. A rename does not change it.
    seed: String,
    /// The login of the author of commits without another author.
    owner: String,
    pub default_branch: String,
    branches: BTreeMap<String, String>,
    deleted_branches: BTreeSet<String>,
    tags: BTreeMap<String, String>,
    /// The heads of pull requests, by number.
    pull_requests: BTreeMap<u32, String>,
    /// The invented commits that were requested, by the name of the branch or tag.
    invented: BTreeMap<String, String>,
    commits: BTreeMap<String, StoredCommit>,
    /// Commits that GitHub has removed, because no branch contained them any more.
    removed_commits: BTreeSet<String>,
    /// Whether there are branches that nobody has pushed.
    invents: bool,
}

impl GitRepository {
    pub fn new(full_name: &str) -> Self {
        let (owner, _) = full_name.split_once('/').unwrap_or((full_name, ""));
        Self {
            seed: full_name.to_ascii_lowercase(),
            owner: owner.to_owned(),
            default_branch: DEFAULT_BRANCH.to_owned(),
            branches: BTreeMap::new(),
            deleted_branches: BTreeSet::new(),
            tags: BTreeMap::new(),
            pull_requests: BTreeMap::new(),
            invented: BTreeMap::new(),
            commits: BTreeMap::new(),
            removed_commits: BTreeSet::new(),
            invents: true,
        }
    }

    /// From now on only pushed branches and commits exist.
    pub fn stop_inventing(&mut self) {
        self.invents = false;
    }

    /// The commit that a branch, a tag or a SHA refers to.
    pub fn resolve(&mut self, reference: &str) -> Option<String> {
        if hash::is_commit_sha(reference) {
            let sha = reference.to_ascii_lowercase();
            return self.commit(&sha).map(|_| sha);
        }
        let reference = reference.strip_prefix("refs/").unwrap_or(reference);
        if let Some(branch) = reference.strip_prefix("heads/") {
            return self.head(branch);
        }
        if let Some(tag) = reference.strip_prefix("tags/") {
            return self.tag(tag);
        }
        if let Some(pull_request) = reference.strip_prefix("pull/") {
            let number = pull_request.strip_suffix("/head")?.parse().ok()?;
            return self.pull_requests.get(&number).cloned();
        }
        if reference == "HEAD" {
            let branch = self.default_branch.clone();
            return self.head(&branch);
        }
        let tag = self.tags.get(reference).cloned();
        let abbreviated = || self.abbreviated(reference);
        let found = self.branches.get(reference).cloned().or(tag).or_else(abbreviated);
        found.or_else(|| self.head(reference))
    }

    /// The only pushed commit whose SHA begins like this.
    fn abbreviated(&self, text: &str) -> Option<String> {
        let is_abbreviation = text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut found = self.commits.keys().filter(|sha| is_abbreviation && sha.starts_with(text));
        found.next().filter(|_| found.next().is_none()).cloned()
    }

    /// The commit that a branch points to.
    pub fn head(&mut self, branch: &str) -> Option<String> {
        match self.branches.get(branch) {
            Some(sha) => Some(sha.clone()),
            None if self.deleted_branches.contains(branch) => None,
            None => self.invent(branch),
        }
    }

    pub fn tag(&mut self, tag: &str) -> Option<String> {
        self.tags.get(tag).cloned().or_else(|| self.invent(tag))
    }

    fn invent(&mut self, name: &str) -> Option<String> {
        let is_reserved =
            ["gh-readonly-queue/", "pull/", "tags/"].iter().any(|part| name.starts_with(part));
        // A commit is no branch, and no tag.
        let is_missing = name.contains("missing") || is_reserved || hash::is_commit_sha(name);
        if !self.invents || name.is_empty() || is_missing {
            return None;
        }
        let sha = hash::sha1_like(&format!("{}@{name}", self.seed));
        self.invented.insert(name.to_owned(), sha.clone());
        Some(sha)
    }

    /// The heads of pushed branches and of the default branch, by name.
    pub fn branches(&mut self) -> BTreeMap<String, String> {
        let default_branch = self.default_branch.clone();
        let mut branches = self.branches.clone();
        branches.extend(self.head(&default_branch).map(|head| (default_branch, head)));
        branches
    }

    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }

    /// A commit by its SHA. Without a push, every SHA is one of an invented commit.
    pub fn commit(&self, sha: &str) -> Option<StoredCommit> {
        if self.removed_commits.contains(sha) {
            return None;
        }
        if let Some(commit) = self.commits.get(sha) {
            return Some(commit.clone());
        }
        let is_invented = self.invented.values().any(|invented| invented == sha);
        let exists = is_invented || (self.invents && self.commits.is_empty());
        exists.then(|| StoredCommit::invented(sha, &self.owner))
    }

    /// Adds a commit. Returns its SHA.
    pub fn add(&mut self, commit: Commit, parent: Option<String>, now: Timestamp) -> String {
        let sha: String = hash::random().chars().take(40).collect();
        let parents = parent.into_iter().collect();
        let stored = StoredCommit::new(sha.clone(), parents, commit, &self.owner, now);
        self.commits.insert(sha.clone(), stored);
        sha
    }

    /// Adds a commit with two parents. Returns its SHA.
    pub fn merge(&mut self, commit: Commit, parents: [String; 2], now: Timestamp) -> String {
        let [first, second] = parents;
        let sha = self.add(commit, Some(first), now);
        if let Some(added) = self.commits.get_mut(&sha) {
            added.parents.push(second);
        }
        sha
    }

    /// A copy for another account, without the pull requests.
    pub fn fork(&self, owner: &str) -> Self {
        Self { owner: owner.to_owned(), pull_requests: BTreeMap::new(), ..self.clone() }
    }

    /// Adds what another repository has beyond this one: all commits, but no branch.
    pub fn fetch(&mut self, from: &Self) {
        self.commits.extend(from.commits.clone());
        self.invented.extend(from.invented.clone());
    }

    /// Lets `refs/pull/N/head` point to a commit.
    pub fn set_pull_request_head(&mut self, number: u32, sha: &str) {
        self.pull_requests.insert(number, sha.to_owned());
    }

    /// Adds commits of a Git repository.
    pub fn import(&mut self, commits: Vec<StoredCommit>) {
        self.commits.extend(commits.into_iter().map(|commit| (commit.sha.clone(), commit)));
    }

    /// Removes a commit, as GitHub does some time after a force push.
    pub fn remove_commit(&mut self, sha: &str) {
        self.removed_commits.insert(sha.to_owned());
    }

    /// Lets a branch or tag point to a commit, or removes it.
    pub fn set_ref(&mut self, at: &GitRef, sha: Option<String>) {
        let (refs, name) = match at {
            GitRef::Branch(name) => (&mut self.branches, name),
            GitRef::Tag(name) => (&mut self.tags, name),
        };
        match (sha, at) {
            (Some(sha), _) => {
                refs.insert(name.clone(), sha);
            }
            (None, GitRef::Branch(_)) => {
                refs.remove(name);
                self.deleted_branches.insert(name.clone());
            }
            (None, GitRef::Tag(_)) => {
                refs.remove(name);
            }
        }
    }
}
