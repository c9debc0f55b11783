//! Repositories, their commits, and who may read them.

use super::{ParseError, parse};
use crate::{Response, lenient};
use nokube_domain::{
    Timestamp,
    pushes::{CommitSummary, Comparison},
    repository::CommitSha,
};
use serde::Deserialize;
use serde_json::Value;

/// GitHub lists at most so many files of a comparison, and does not say whether there are more.
const MAX_COMPARED_FILES: usize = 300;

#[derive(Deserialize)]
pub struct Repository {
    #[serde(default, deserialize_with = "lenient::optional")]
    pub id: Option<u64>,
    /// `OWNER/NAME`, as it is called now.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub full_name: Option<nokube_domain::repository::Repository>,
    /// Or internal.
    pub private: bool,
    #[serde(default, deserialize_with = "lenient::optional")]
    pub default_branch: Option<String>,
    /// Its owner made it read-only.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub archived: bool,
}

#[derive(Deserialize)]
pub struct Commit {
    pub sha: CommitSha,
    #[serde(default, deserialize_with = "lenient::optional")]
    commit: Option<GitCommit>,
    /// The account that has the author's e-mail address.
    #[serde(default, deserialize_with = "lenient::optional")]
    author: Option<CommitAuthor>,
}

/// What Git knows of a commit.
#[derive(Deserialize)]
struct GitCommit {
    #[serde(default, deserialize_with = "lenient::text")]
    message: String,
    #[serde(default, deserialize_with = "lenient::optional")]
    author: Option<CommitAuthor>,
}

/// An account with a login, or an author with a name.
#[derive(Deserialize)]
struct CommitAuthor {
    #[serde(default, deserialize_with = "lenient::optional")]
    login: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    name: Option<String>,
}

impl Commit {
    /// The whole message; empty if GitHub did not send it.
    pub fn message(&self) -> &str {
        self.commit.as_ref().map_or("", |commit| &commit.message)
    }

    /// What is shown of it.
    pub fn summary(&self) -> CommitSummary {
        let account = self.author.as_ref().and_then(|author| author.login.as_deref());
        let name = || self.commit.as_ref()?.author.as_ref()?.name.as_deref();
        CommitSummary::new(self.sha.clone(), self.message(), account.or_else(name))
    }
}

#[derive(Deserialize)]
struct ComparedCommits {
    #[serde(default, deserialize_with = "lenient::text")]
    status: String,
    /// `None` if it is not a list of files: then nobody knows what differs.
    #[serde(default, deserialize_with = "lenient::optional")]
    files: Option<Vec<ComparedFile>>,
}

#[derive(Deserialize)]
struct ComparedFile {
    filename: String,
    /// The name before a rename.
    #[serde(default)]
    previous_filename: Option<String>,
}

/// What differs between two commits. Everything, if the second one does not follow from the first: then files of other
/// commits may differ too.
///
/// # Errors
/// The body is no comparison.
pub fn comparison(response: &Response) -> Result<Comparison, ParseError> {
    let compared: ComparedCommits = parse(response)?;
    Ok(match compared.status.as_str() {
        "identical" => Comparison::Same,
        "ahead" => compared.files(),
        _ => Comparison::Everything,
    })
}

/// What a pull request changes, from the comparison of the two branches: what differs between the head and the commit at
/// which it left the base branch, which may have gone on since.
///
/// # Errors
/// The body is no comparison.
pub fn pull_request_comparison(response: &Response) -> Result<Comparison, ParseError> {
    let compared: ComparedCommits = parse(response)?;
    Ok(match compared.status.as_str() {
        // It was merged already, or nothing was committed yet.
        "identical" | "behind" => Comparison::Same,
        "ahead" | "diverged" => compared.files(),
        _ => Comparison::Everything,
    })
}

impl ComparedCommits {
    /// The files that are listed; everything if they may not be all.
    fn files(self) -> Comparison {
        match self.files {
            Some(files) if files.len() < MAX_COMPARED_FILES => {
                let names = |file: ComparedFile| [Some(file.filename), file.previous_filename];
                Comparison::Files(files.into_iter().flat_map(names).flatten().collect())
            }
            _ => Comparison::Everything,
        }
    }
}

/// The names of branches, in a list of branches or of refs.
///
/// # Errors
/// The body is no such list.
pub fn branch_names(response: &Response) -> Result<Vec<String>, ParseError> {
    let name = |item: &Value| match (item.get("name"), item.get("ref")) {
        (Some(name), _) => Some(name.as_str()?.to_owned()),
        (None, Some(git_ref)) => Some(git_ref.as_str()?.strip_prefix("refs/heads/")?.to_owned()),
        (None, None) => None,
    };
    Ok(parse::<Vec<Value>>(response)?.iter().filter_map(name).collect())
}

/// The repositories of an installation. One that cannot be read must not hide the others.
///
/// # Errors
/// The body is not such a list.
pub fn installation_repositories(response: &Response) -> Result<Vec<Repository>, ParseError> {
    #[derive(Deserialize)]
    struct Page {
        repositories: Vec<Value>,
    }
    let all = parse::<Page>(response)?.repositories.into_iter();
    Ok(all.filter_map(|one| serde_json::from_value(one).ok()).collect())
}

/// The installations of the App, as [`installation_repositories`].
///
/// # Errors
/// The body is not such a list.
pub fn installations(response: &Response) -> Result<Vec<Installation>, ParseError> {
    let all = parse::<Vec<Value>>(response)?.into_iter();
    Ok(all.filter_map(|one| serde_json::from_value(one).ok()).collect())
}

/// An installation of the App.
#[derive(Deserialize)]
pub struct Installation {
    pub id: u64,
    /// When the account or GitHub suspended it: it gets no tokens then.
    #[serde(default, deserialize_with = "lenient::time")]
    pub suspended_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub struct InstallationToken {
    pub token: String,
    #[serde(default, deserialize_with = "lenient::time")]
    pub expires_at: Option<Timestamp>,
}

/// A user's permission in a repository.
#[derive(Deserialize)]
pub struct Permission {
    permission: String,
    #[serde(default, deserialize_with = "lenient::optional")]
    user: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    id: u64,
}

impl Permission {
    /// Whether the user may read the repository. If `account` is given, the user must be the account with this
    /// number.
    pub fn allows_reading(&self, account: Option<u64>) -> bool {
        self.is_one_of(&["admin", "maintain", "write", "triage", "read"], account)
    }

    /// As [`Self::allows_reading`], for pushing to the repository.
    pub fn allows_pushing(&self, account: Option<u64>) -> bool {
        self.is_one_of(&["admin", "maintain", "write"], account)
    }

    fn is_one_of(&self, permissions: &[&str], account: Option<u64>) -> bool {
        let is_account = account.is_none() || account == self.user.as_ref().map(|user| user.id);
        is_account && permissions.contains(&self.permission.as_str())
    }
}
