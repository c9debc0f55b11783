//! The payloads of webhooks about repositories and installations.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::user::simple_user;
use super::{Links, extend, pull_request, repository, time};
use crate::github::model::events::{
    InstallationChange, InstallationEvent, Push, RepositoryChange, RepositoryEvent,
};
use crate::github::model::git::{FileStatus, GitRef, StoredCommit};
use crate::github::model::repositories::Repository;

const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The action, if the event has one, and the payload, without the installation.
pub fn of_repository(links: &Links, event: &RepositoryEvent) -> (Option<&'static str>, Value) {
    let repo = &event.repository;
    let common = json!({
        "repository": repository::repository(links, repo), "sender": simple_user(links, &event.sender),
    });
    let (action, body) = match &event.change {
        RepositoryChange::Push(push) => (None, self::push(links, event, push)),
        RepositoryChange::Create(git_ref) => {
            let more = json!({"master_branch": repo.default_branch, "description": null});
            (None, extend(branch_or_tag(git_ref), more))
        }
        RepositoryChange::Delete(git_ref) => (None, branch_or_tag(git_ref)),
        RepositoryChange::PullRequest(view, change) => {
            (Some(change.action()), pull_request::webhook(links, repo, view, change))
        }
        RepositoryChange::Renamed(old) => {
            (Some("renamed"), json!({"changes": {"repository": {"name": {"from": old}}}}))
        }
        RepositoryChange::Transferred(old) => {
            let from = json!({"user": simple_user(links, old)});
            (Some("transferred"), json!({"changes": {"owner": {"from": from}}}))
        }
        RepositoryChange::DefaultBranch(old) => {
            (Some("edited"), json!({"changes": {"default_branch": {"from": old}}}))
        }
        RepositoryChange::Other(action) => (Some(*action), json!({})),
    };
    let action_member = action.map_or_else(|| json!({}), |action| json!({"action": action}));
    (action, extend(extend(common, body), action_member))
}

fn branch_or_tag(git_ref: &GitRef) -> Value {
    let kind = if matches!(git_ref, GitRef::Branch(_)) { "branch" } else { "tag" };
    json!({"ref": git_ref.name(), "ref_type": kind, "pusher_type": "user"})
}

/// Its repository differs from that of all other events: some times are numbers, and its owner has a name.
fn push(links: &Links, event: &RepositoryEvent, push: &Push) -> Value {
    let repo = &event.repository;
    let web = format!("{}/{}", links.web, repo.full_name());
    let sha = |sha: &Option<String>| sha.clone().unwrap_or_else(|| NO_COMMIT.to_owned());
    let (before, after) = (sha(&push.before), sha(&push.after));
    let seconds = |text: &str| text.parse::<Timestamp>().map(Timestamp::as_second).unwrap_or(0);
    let owner = extend(
        simple_user(links, &repo.owner),
        json!({"name": repo.owner, "email": format!("{}@users.noreply.example.com", repo.owner)}),
    );
    let repository = extend(
        repository::repository(links, repo),
        json!({
            "owner": owner, "stargazers": 0, "master_branch": repo.default_branch, "url": web,
            "created_at": seconds("2024-05-01T09:00:00Z"), "pushed_at": seconds("2026-10-01T09:00:00Z"),
        }),
    );
    json!({
        "ref": push.git_ref.full_name(), "before": before, "after": after,
        "created": push.before.is_none(), "deleted": push.after.is_none(), "forced": push.forced,
        "base_ref": push.base_branch.as_ref().map(|branch| format!("refs/heads/{branch}")),
        "compare": format!("{web}/compare/{before}...{after}"),
        "commits": push.commits.iter().map(|pushed| commit(&web, pushed)).collect::<Value>(),
        "head_commit": push.head_commit.as_ref().map(|head| commit(&web, head)),
        "pusher": {"name": event.sender, "email": null},
        "repository": repository,
    })
}

fn commit(web: &str, commit: &StoredCommit) -> Value {
    let author = json!({
        "name": commit.author_name, "email": commit.author_email, "date": time(commit.committed_at),
    });
    let author = match &commit.author_login {
        Some(login) => extend(author, json!({"username": login})),
        None => author,
    };
    // A rename is a removed file and an added one here.
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    let [added, modified, removed] = &mut lists;
    for change in &commit.files {
        match change.status {
            FileStatus::Added => added.push(&change.path),
            FileStatus::Modified => modified.push(&change.path),
            FileStatus::Removed => removed.push(&change.path),
            FileStatus::Renamed => {
                added.push(&change.path);
                removed.extend(&change.previous_path);
            }
        }
    }
    json!({
        "id": commit.sha, "tree_id": commit.tree(), "distinct": true, "message": commit.message,
        "timestamp": time(commit.committed_at), "url": format!("{web}/commit/{}", commit.sha),
        "author": author, "committer": author,
        "added": added, "modified": modified, "removed": removed,
    })
}

/// The action and the payload. `installation` is rendered already.
pub fn of_installation(
    links: &Links,
    event: &InstallationEvent,
    installation: &Value,
) -> (&'static str, Value) {
    let sender = simple_user(links, &event.account);
    let (action, more) = match &event.change {
        InstallationChange::Installation(action) => {
            (*action, json!({"installation": installation}))
        }
        InstallationChange::Repositories { added, removed } => {
            let action = if removed.is_empty() { "added" } else { "removed" };
            let listed = |repositories: &[Repository]| -> Value {
                repositories.iter().map(short_repository).collect()
            };
            let body = json!({
                "repository_selection": "selected", "requester": null, "installation": installation,
                "repositories_added": listed(added), "repositories_removed": listed(removed),
            });
            (action, body)
        }
    };
    (action, extend(json!({"action": action, "sender": sender}), more))
}

fn short_repository(repository: &Repository) -> Value {
    json!({
        "id": repository.id, "node_id": super::node_id("R", repository.id), "name": repository.name,
        "full_name": repository.full_name(), "private": repository.private,
    })
}
