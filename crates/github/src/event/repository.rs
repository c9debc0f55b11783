//! Events about repositories that services are built from: pushes, branches, pull requests, and the repository itself.
//!
//! No e-mail address is kept.

use super::Event;
use crate::lenient;
use nokube_domain::{
    pushes::{CommitSummary, PushEvent, RepositoryChange},
    repository::{CommitSha, parse_git_ref},
};
use serde::Deserialize;

/// Branches of GitHub's merge queues. The branch that they are merged into is pushed afterwards.
const MERGE_QUEUE: &str = "gh-readonly-queue/";

/// The longest login of GitHub: 39 characters, or those of an App's name and `[bot]`.
const MAX_LOGIN_BYTES: usize = 100;

/// A `push`.
#[derive(Deserialize)]
pub struct Push {
    #[serde(rename = "ref")]
    git_ref: String,
    #[serde(default, deserialize_with = "lenient::optional")]
    before: Option<CommitSha>,
    #[serde(default, deserialize_with = "lenient::optional")]
    after: Option<CommitSha>,
    #[serde(default, deserialize_with = "lenient::flag")]
    deleted: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    forced: bool,
    repository: RepositoryNumber,
    #[serde(default, deserialize_with = "lenient::optional")]
    sender: Option<Account>,
    #[serde(default, deserialize_with = "lenient::optional")]
    pusher: Option<Pusher>,
    #[serde(default, deserialize_with = "lenient::optional")]
    head_commit: Option<Commit>,
}

/// A `create` or a `delete`.
#[derive(Deserialize)]
pub struct BranchEvent {
    /// Without `refs/heads/`.
    #[serde(rename = "ref")]
    git_ref: String,
    #[serde(default, deserialize_with = "lenient::text")]
    ref_type: String,
    repository: RepositoryNumber,
    #[serde(default, deserialize_with = "lenient::optional")]
    sender: Option<Account>,
}

/// A `repository`: its name, owner, visibility or settings changed.
#[derive(Deserialize)]
pub struct RepositoryEvent {
    #[serde(default, deserialize_with = "lenient::text")]
    action: String,
    repository: RepositoryNumber,
    #[serde(default, deserialize_with = "lenient::optional")]
    changes: Option<Changes>,
}

/// A `pull_request`. Only where to look is used of it.
#[derive(Deserialize)]
pub struct PullRequestEvent {
    #[serde(default, deserialize_with = "lenient::text")]
    action: String,
    number: u32,
    /// The repository into which it is to be merged.
    repository: RepositoryNumber,
    #[serde(default, deserialize_with = "lenient::optional")]
    changes: Option<Changes>,
}

#[derive(Deserialize)]
struct RepositoryNumber {
    id: u64,
}

/// What was edited, of a repository or a pull request.
#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    default_branch: Option<serde_json::Value>,
    /// The branch into which a pull request is to be merged.
    #[serde(default)]
    base: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

#[derive(Deserialize)]
struct Pusher {
    name: String,
}

#[derive(Deserialize)]
struct Commit {
    id: CommitSha,
    #[serde(default, deserialize_with = "lenient::text")]
    message: String,
    #[serde(default, deserialize_with = "lenient::optional")]
    author: Option<Author>,
}

/// Who wrote a commit, by what is written in it; and their login, if GitHub knows it.
#[derive(Deserialize)]
struct Author {
    #[serde(default, deserialize_with = "lenient::text")]
    username: String,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
}

/// Whether an event is about a repository that services may be built from. It may list thousands of commits and files.
pub fn is_repository_event(name: &str) -> bool {
    matches!(name, "push" | "create" | "delete" | "pull_request" | "repository")
}

pub fn push(push: Push) -> Event {
    let Some(branch) = push.git_ref.strip_prefix("refs/heads/") else {
        return Event::Ignored("a tag, not a branch");
    };
    let after = push.after.filter(|sha| !push.deleted && is_commit(sha));
    let head_commit = push.head_commit.filter(|commit| Some(&commit.id) == after.as_ref());
    let sender = push.sender.map(|sender| sender.login).and_then(login);
    // Without the account that sent the event: a login, or what GitHub calls a deploy key.
    let sender = sender.or_else(|| login(push.pusher?.name));
    branch_changed(push.repository, branch, |branch| PushEvent {
        branch,
        before: push.before.filter(is_commit),
        after,
        forced: push.forced,
        sender,
        head_commit: head_commit.map(Commit::into_summary),
        unknown_fields: Default::default(),
    })
}

/// It says that a branch was created or deleted, but not at which commit. (GitHub also sends a `push`.)
pub fn branch(event: BranchEvent) -> Event {
    if event.ref_type != "branch" {
        return Event::Ignored("a tag, not a branch");
    }
    let sender = event.sender.and_then(|sender| login(sender.login));
    branch_changed(event.repository, &event.git_ref, |branch| PushEvent {
        branch,
        before: None,
        after: None,
        forced: false,
        sender,
        head_commit: None,
        unknown_fields: Default::default(),
    })
}

fn branch_changed(
    repository: RepositoryNumber,
    branch: &str,
    event: impl FnOnce(String) -> PushEvent,
) -> Event {
    if branch.starts_with(MERGE_QUEUE) {
        return Event::Ignored("a branch of a merge queue");
    }
    // A service's branch follows the same rules, so no service has another one.
    match parse_git_ref(branch) {
        Ok(name) if name == branch => Event::Repository {
            repository_id: repository.id,
            change: RepositoryChange::Push(event(name)),
        },
        _ => Event::Ignored("a branch whose name is not supported"),
    }
}

pub fn repository(event: RepositoryEvent) -> Event {
    let is_of_interest = match event.action.as_str() {
        "renamed" | "transferred" | "archived" | "unarchived" | "deleted" | "privatized"
        | "publicized" => true,
        "edited" => event.changes.is_some_and(|changes| changes.default_branch.is_some()),
        _ => false,
    };
    match is_of_interest {
        true => Event::Repository {
            repository_id: event.repository.id,
            change: RepositoryChange::Repository,
        },
        false => Event::Ignored("a change of a repository that builds do not depend on"),
    }
}

pub fn pull_request(event: PullRequestEvent) -> Event {
    let is_of_interest = match event.action.as_str() {
        "opened" | "reopened" | "synchronize" | "converted_to_draft" | "ready_for_review"
        | "closed" => true,
        // A title or a text is edited more often than the branch.
        "edited" => event.changes.is_some_and(|changes| changes.base.is_some()),
        _ => false,
    };
    match is_of_interest && event.number > 0 {
        true => Event::Repository {
            repository_id: event.repository.id,
            change: RepositoryChange::PullRequest { number: event.number },
        },
        false => Event::Ignored("a change of a pull request that previews do not depend on"),
    }
}

impl Commit {
    fn into_summary(self) -> CommitSummary {
        let author = self.author.map(|author| match author.username.is_empty() {
            true => author.name,
            false => author.username,
        });
        CommitSummary::new(self.id, &self.message, author.as_deref())
    }
}

/// GitHub writes zeros for "no commit".
fn is_commit(sha: &CommitSha) -> bool {
    sha.as_str().bytes().any(|digit| digit != b'0')
}

/// The text, if it can be a login.
fn login(text: String) -> Option<String> {
    let name = text.strip_suffix("[bot]").unwrap_or(&text);
    let is_login = !name.is_empty()
        && text.len() <= MAX_LOGIN_BYTES
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    is_login.then_some(text)
}
