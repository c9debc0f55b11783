//! Commits and the files that they change.

use jiff::Timestamp;

use crate::hash;

/// A commit to push. Without an author it is by the repository's owner.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    message: String,
    author: Option<Author>,
    files: Vec<FileChange>,
}

#[derive(Debug, Clone)]
enum Author {
    Login(String),
    /// GitHub knows no account with this address.
    Unknown {
        name: String,
        email: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    Added,
    Modified,
    Removed,
    Renamed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    pub path: String,
    /// Of a renamed file.
    pub previous_path: Option<String>,
    pub status: FileStatus,
    /// What the commit has there; `None` if nobody has said it.
    pub contents: Option<Contents>,
}

/// What a commit has at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    File(Vec<u8>),
    Directory,
    Submodule,
}

impl FileChange {
    pub fn new(path: &str, status: FileStatus) -> Self {
        Self { path: path.to_owned(), previous_path: None, status, contents: None }
    }

    pub fn renamed(from: &str, to: &str) -> Self {
        let previous_path = Some(from.to_owned());
        Self { path: to.to_owned(), previous_path, status: FileStatus::Renamed, contents: None }
    }
}

impl Commit {
    /// A commit that modifies these files.
    pub fn new(message: &str, files: &[&str]) -> Self {
        let commit = Self { message: message.to_owned(), ..Self::default() };
        files.iter().fold(commit, |commit, file| commit.with(file, FileStatus::Modified))
    }

    /// The author is this account.
    pub fn by(self, login: &str) -> Self {
        Self { author: Some(Author::Login(login.to_owned())), ..self }
    }

    /// The author is no account that GitHub knows.
    pub fn by_unknown(self, name: &str, email: &str) -> Self {
        let (name, email) = (name.to_owned(), email.to_owned());
        Self { author: Some(Author::Unknown { name, email }), ..self }
    }

    pub fn with(mut self, path: &str, status: FileStatus) -> Self {
        self.files.push(FileChange::new(path, status));
        self
    }

    /// A file with this text.
    pub fn with_text(self, path: &str, text: &str) -> Self {
        self.with_contents(path, Contents::File(text.as_bytes().to_vec()))
    }

    pub fn with_contents(mut self, path: &str, contents: Contents) -> Self {
        let change = FileChange::new(path, FileStatus::Modified);
        self.files.push(FileChange { contents: Some(contents), ..change });
        self
    }

    pub fn renamed(mut self, from: &str, to: &str) -> Self {
        self.files.push(FileChange::renamed(from, to));
        self
    }
}

/// A commit in a repository.
#[derive(Debug, Clone)]
pub struct StoredCommit {
    pub sha: String,
    pub parents: Vec<String>,
    pub message: String,
    /// `None` if GitHub knows no account with the author's address.
    pub author_login: Option<String>,
    pub author_name: String,
    pub author_email: String,
    pub committed_at: Timestamp,
    pub files: Vec<FileChange>,
}

impl StoredCommit {
    pub(super) fn new(
        sha: String,
        parents: Vec<String>,
        commit: Commit,
        owner: &str,
        now: Timestamp,
    ) -> Self {
        let author = commit.author.unwrap_or_else(|| Author::Login(owner.to_owned()));
        let (author_login, author_name, author_email) = match author {
            Author::Login(login) => (Some(login.clone()), login, "dev@example.com".to_owned()),
            Author::Unknown { name, email } => (None, name, email),
        };
        Self {
            sha,
            parents,
            message: commit.message,
            author_login,
            author_name,
            author_email,
            committed_at: now,
            files: commit.files,
        }
    }

    /// The commit of a branch that nobody has pushed.
    pub(super) fn invented(sha: &str, owner: &str) -> Self {
        let commit = Commit::new(&invented_message(sha), &[]);
        let at = Timestamp::constant(1_790_845_200, 0); // 2026-10-01T09:00:00Z
        Self::new(sha.to_owned(), Vec::new(), commit, owner, at)
    }

    pub fn tree(&self) -> String {
        hash::sha1_like(&format!("tree of {}", self.sha))
    }
}

/// The message of an invented commit.
pub fn invented_message(sha: &str) -> String {
    format!("Change {}", sha.get(..7).unwrap_or(sha))
}
