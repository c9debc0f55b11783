//! Reads Git repositories on this machine into the model, which sends webhooks for what has changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::process::Command;

use super::model::git::{Contents, FileChange, FileStatus, GitRef, StoredCommit};
use super::server_state::ServerState;
use crate::hash;

/// Older commits are not read: a branch that was not changed for so long looks like one without a history.
const MAX_COMMITS: &str = "--max-count=5000";
const INTERVAL: Duration = Duration::from_secs(2);

/// What was read last of each repository.
pub(crate) type LocalRefs = BTreeMap<String, String>;

/// Reads all repositories again and again, so that a commit causes a webhook.
pub(crate) async fn watch(state: Arc<ServerState>) {
    let names: Vec<String> =
        state.options.repositories.iter().flatten().map(|(name, _)| name.clone()).collect();
    loop {
        for name in &names {
            read(&state, name).await;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Reads a repository, if it is on this machine and has changed.
pub(crate) async fn read(state: &Arc<ServerState>, full_name: &str) {
    let Some(folder) = state.options.local_repository(full_name) else { return };
    // Held to the end, so that an older state never replaces a newer one.
    let mut known = state.local_git.lock().await;
    let key = full_name.to_ascii_lowercase();
    let format =
        "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end) %(refname)";
    let refs = git(folder, &["for-each-ref", format, "refs/heads", "refs/tags"]).await;
    let Some(refs) = refs else { return };
    // There is none while a commit is checked out.
    let head = git(folder, &["symbolic-ref", "--short", "HEAD"]).await;
    let head = head.unwrap_or_else(|| "main".to_owned());
    let current = format!("{head}{refs}");
    if known.get(&key) == Some(&current) {
        return;
    }
    let log = "--format=%x01%H%x00%P%x00%an%x00%ae%x00%ct%x00%B%x00";
    let log = ["log", "--branches", "--tags", MAX_COMMITS, log, "--name-status", "-M", "-z"];
    let Some(log) = git(folder, &log).await else { return };
    let commits = log.split('\u{1}').filter_map(parse_commit).collect();
    let is_first = known.insert(key, current).is_none();
    let refs: Vec<_> = refs.lines().filter_map(parse_ref).collect();
    state.change(|model, now| {
        let effects = model.import(full_name, head.trim(), commits, &refs, now);
        // What was there before the start is no event.
        ((), if is_first { Vec::new() } else { effects.unwrap_or_default() })
    });
}

/// What a commit of a repository on this machine has at a path. `None` if the repository is not on this machine.
pub(crate) async fn contents(
    state: &Arc<ServerState>,
    full_name: &str,
    sha: &str,
    path: &str,
) -> Option<Option<Contents>> {
    let folder = state.options.local_repository(full_name)?;
    let object = format!("{sha}:{path}");
    let kind = git(folder, &["cat-file", "-t", &object]).await;
    Some(match kind.as_deref().map(str::trim) {
        Some("blob") => {
            let bytes = git_bytes(folder, &["cat-file", "blob", &object]).await;
            bytes.map(Contents::File)
        }
        Some("tree") => Some(Contents::Directory),
        // The commit of a submodule is in another repository.
        Some(_) => Some(Contents::Submodule),
        None => None,
    })
}

fn parse_ref(line: &str) -> Option<(GitRef, String)> {
    let (sha, name) = line.split_once(' ')?;
    let git_ref = match name.strip_prefix("refs/heads/") {
        Some(branch) => GitRef::Branch(branch.to_owned()),
        None => GitRef::Tag(name.strip_prefix("refs/tags/")?.to_owned()),
    };
    hash::is_commit_sha(sha).then(|| (git_ref, sha.to_owned()))
}

/// A commit of `git log`: its fields and then its files, with a NUL after each.
fn parse_commit(text: &str) -> Option<StoredCommit> {
    let mut fields = text.split('\0');
    let mut field = || fields.next().map(str::to_owned);
    let (sha, parents, author_name, author_email) = (field()?, field()?, field()?, field()?);
    let committed_at = Timestamp::from_second(field()?.parse().ok()?).ok()?;
    let message = field()?.trim_end().to_owned();
    let mut files = Vec::new();
    while let Some(status) = field() {
        let path = match status.trim() {
            "" => continue,
            _ => field()?,
        };
        files.push(match status.trim().chars().next()? {
            'R' => FileChange::renamed(&path, &field()?),
            'C' => FileChange::new(&field()?, FileStatus::Added),
            'A' => FileChange::new(&path, FileStatus::Added),
            'D' => FileChange::new(&path, FileStatus::Removed),
            _ => FileChange::new(&path, FileStatus::Modified),
        });
    }
    let parents = parents.split(' ').filter(|sha| !sha.is_empty()).map(str::to_owned).collect();
    Some(StoredCommit {
        sha,
        parents,
        message,
        author_login: None,
        author_name,
        author_email,
        committed_at,
        files,
    })
}

/// The output of a Git command. `None` if it fails.
async fn git(repository: &Path, arguments: &[&str]) -> Option<String> {
    let output = git_bytes(repository, arguments).await?;
    Some(String::from_utf8_lossy(&output).into_owned())
}

async fn git_bytes(repository: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("git")
        // The repository may belong to another user than the one who runs this.
        .args(["-c", "safe.directory=*", "-C"])
        .arg(repository)
        .args(arguments)
        // Otherwise the repository's configuration could name a program that fetches what it lacks.
        .env("GIT_NO_LAZY_FETCH", "1")
        .output()
        .await
        .ok()?;
    output.status.success().then_some(output.stdout)
}
