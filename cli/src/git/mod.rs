//! What git says about this folder: which repository and branch it is, and whether what is here is pushed. Only what is
//! pushed can be built, because GitHub builds it.

mod address;
mod error;
mod remote;
mod run;
mod status;
#[cfg(test)]
mod tests;

pub use address::Address;
pub use error::{GitError, Unpushed};

use remote::{Difference, RemoteBranch, UPSTREAM_FORMAT, upstream_of};
use run::Git;
use status::WorkTree;
use std::{collections::BTreeSet, path::Path};

/// How many unpushed commits are named.
const MAX_COMMITS: &str = "--max-count=8";

/// The branch that is checked out, as it is at the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    pub repository: Address,
    pub remote: String,
    /// The name of the branch at the remote.
    pub branch: String,
    /// The commit of the branch at the remote. `None` if the remote did not say it, and need not.
    pub commit: Option<String>,
}

/// Looks at the branch that is checked out in `folder`, and at the remote that was `requested` or that it is pushed to.
/// With `pushed`, what is here may differ from what is there, and the remote need not answer.
///
/// # Errors
/// It cannot be built, or is not what is here.
pub async fn inspect(
    folder: &Path,
    requested: Option<&str>,
    pushed: bool,
) -> Result<Checkout, GitError> {
    let git = Git::new(folder);
    let WorkTree { commit, branch, uncommitted } =
        WorkTree::parse(&git.output(&status::ARGUMENTS).await?);
    let head = commit.ok_or(GitError::NoCommit)?;
    let branch = branch.ok_or(GitError::Detached)?;
    let at_remote = remote_branch(&git, &branch, requested).await?;
    let repository = repository(&git, &at_remote.remote).await?;
    let commit = match remote_head(&git, &at_remote).await {
        Err(GitError::RemoteUnreachable { .. }) if pushed => None,
        commit => Some(commit?),
    };
    if let Some(commit) = commit.as_deref().filter(|_| !pushed) {
        let difference = difference(&git, &head, commit).await?;
        let newest = match difference.ahead {
            0 => Vec::new(),
            _ => unpushed_commits(&git, commit).await?,
        };
        check(&at_remote, uncommitted, difference, newest)?;
    }
    let RemoteBranch { remote, branch } = at_remote;
    Ok(Checkout { repository, remote, branch, commit })
}

/// The root of the repository that `folder` is in.
pub fn root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// # Errors
/// `folder` is in no repository.
pub async fn check_repository(folder: &Path) -> Result<(), GitError> {
    Git::new(folder).output(&["rev-parse", "--git-dir"]).await.map(|_| ())
}

/// The repository that a clone is of, for what needs no more.
///
/// # Errors
/// There is none, or it is not at a GitHub.
pub async fn repository_of(folder: &Path, requested: Option<&str>) -> Result<Address, GitError> {
    let git = Git::new(folder);
    let tree = WorkTree::parse(&git.output(&status::ARGUMENTS).await?);
    let branch = tree.branch.as_deref().unwrap_or_default();
    let at_remote = remote_branch(&git, branch, requested).await?;
    repository(&git, &at_remote.remote).await
}

/// The files below `folder`: those that git knows, and new ones that are not ignored.
///
/// # Errors
/// It is not a repository, git is missing, or needs too long.
pub async fn files(folder: &Path) -> Result<BTreeSet<String>, GitError> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Git::new(folder).output(&arguments).await?;
    Ok(output.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// A file of a commit. `path` is relative to `folder`. `None` if the commit is not here, or has no such file.
///
/// # Errors
/// git is missing, or needs too long.
pub async fn file_at(folder: &Path, commit: &str, path: &str) -> Result<Option<String>, GitError> {
    let object = format!("{commit}:./{path}");
    Git::new(folder).try_output(&["cat-file", "blob", &object]).await
}

async fn remote_branch(
    git: &Git,
    branch: &str,
    requested: Option<&str>,
) -> Result<RemoteBranch, GitError> {
    let remotes: Vec<_> = git.output(&["remote"]).await?.lines().map(str::to_owned).collect();
    let reference = format!("refs/heads/{branch}");
    let upstream = git.output(&["for-each-ref", UPSTREAM_FORMAT, &reference]).await?;
    remote::choose(branch, &remotes, requested, upstream_of(&upstream))
}

async fn repository(git: &Git, remote: &str) -> Result<Address, GitError> {
    let key = format!("remote.{remote}.url");
    let configured = git.try_output(&["config", "--get", &key]).await?.unwrap_or_default();
    let rewritten = git.try_output(&["remote", "get-url", remote]).await?.unwrap_or_default();
    address::of_remote(&configured, &rewritten)
        .ok_or_else(|| GitError::NotGithub { remote: remote.to_owned() })
}

/// The commit of the branch at the remote.
async fn remote_head(git: &Git, at: &RemoteBranch) -> Result<String, GitError> {
    let RemoteBranch { remote, branch } = at;
    let reference = format!("refs/heads/{branch}");
    let arguments = ["ls-remote", "--", remote, reference.as_str()];
    let output = git.remote_output(remote, &arguments).await?;
    remote::head_of(&output, branch)
        .ok_or_else(|| GitError::NoRemoteBranch { remote: remote.clone(), branch: branch.clone() })
}

async fn difference(git: &Git, head: &str, at_remote: &str) -> Result<Difference, GitError> {
    if head == at_remote {
        return Ok(Difference { ahead: 0, behind: Some(0) });
    }
    let range = format!("{head}...{at_remote}");
    let counted = git.try_output(&["rev-list", "--left-right", "--count", &range]).await?;
    // The commit of the remote is not here.
    let unknown = Difference { ahead: 0, behind: None };
    Ok(counted.as_deref().and_then(Difference::parse).unwrap_or(unknown))
}

async fn unpushed_commits(git: &Git, at_remote: &str) -> Result<Vec<String>, GitError> {
    let range = format!("{at_remote}..HEAD");
    let log = git.output(&["log", "--format=%h %s", MAX_COMMITS, &range]).await?;
    Ok(log.lines().map(str::to_owned).collect())
}

/// # Errors
/// What is here is not what is pushed.
fn check(
    at: &RemoteBranch,
    uncommitted: Vec<String>,
    difference: Difference,
    newest: Vec<String>,
) -> Result<(), GitError> {
    let RemoteBranch { remote, branch } = at.clone();
    let Difference { ahead, behind } = difference;
    match (uncommitted.is_empty(), ahead, behind) {
        (true, 0, Some(0)) => Ok(()),
        (true, 0, commits) => Err(GitError::Behind { remote, branch, commits }),
        (true, 1.., None | Some(1..)) => Err(GitError::Diverged { remote, branch }),
        (_, commits, _) => {
            Err(GitError::NotPushed(Unpushed { remote, branch, uncommitted, commits, newest }))
        }
    }
}
