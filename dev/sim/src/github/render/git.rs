//! Commits, comparisons, branches and commit statuses.

use serde_json::{Value, json};

use super::user::simple_user;
use super::{Links, node_id, time};
use crate::github::model::git::{
    Comparison, ComparisonStatus, FileChange, FileStatus, GitRef, StoredCommit,
};
use crate::github::model::repositories::Repository;
use crate::github::model::statuses::CommitStatus;
use crate::hash;

/// GitHub lists no more files of a comparison or a commit.
pub const MAX_FILES: usize = 300;

/// `commit`, without the files, as lists have it.
pub fn commit(links: &Links, repository: &Repository, commit: &StoredCommit) -> Value {
    let api = links.repo(&repository.full_name());
    let html = format!("{}/{}/commit", links.web, repository.full_name());
    let sha = &commit.sha;
    let tree = commit.tree();
    let git_user = json!({
        "name": commit.author_name, "email": commit.author_email, "date": time(commit.committed_at),
    });
    let account = commit.author_login.as_ref().map(|login| simple_user(links, login));
    let parent = |parent: &String| json!({"sha": parent, "url": format!("{api}/commits/{parent}"), "html_url": format!("{html}/{parent}")});
    json!({
        "url": format!("{api}/commits/{sha}"), "sha": sha, "node_id": format!("C_{sha}"),
        "html_url": format!("{html}/{sha}"), "comments_url": format!("{api}/commits/{sha}/comments"),
        "commit": {
            "url": format!("{api}/git/commits/{sha}"), "author": git_user, "committer": git_user,
            "message": commit.message, "comment_count": 0,
            "tree": {"sha": tree, "url": format!("{api}/git/trees/{tree}")},
        },
        "author": account, "committer": account,
        "parents": commit.parents.iter().map(parent).collect::<Value>(),
    })
}

/// `commit`, with so many of its files.
pub fn full_commit(
    links: &Links,
    repository: &Repository,
    stored: &StoredCommit,
    files: usize,
) -> Value {
    let count = stored.files.len();
    let listed = stored.files.get(..files.min(count)).unwrap_or_default();
    super::extend(
        commit(links, repository, stored),
        json!({
            "stats": {"additions": count, "deletions": count, "total": 2 * count},
            "files": self::files(links, repository, &stored.sha, listed),
        }),
    )
}

fn files(links: &Links, repository: &Repository, sha: &str, changes: &[FileChange]) -> Value {
    changes.iter().take(MAX_FILES).map(|change| file(links, repository, sha, change)).collect()
}

/// `diff-entry`
fn file(links: &Links, repository: &Repository, sha: &str, change: &FileChange) -> Value {
    let api = links.repo(&repository.full_name());
    let web = format!("{}/{}", links.web, repository.full_name());
    let path = reqwest::Url::parse("http://x/").and_then(|base| base.join(&change.path));
    let path = path.map(|url| url.path().trim_start_matches('/').to_owned()).unwrap_or_default();
    let status = match change.status {
        FileStatus::Added => "added",
        FileStatus::Modified => "modified",
        FileStatus::Removed => "removed",
        FileStatus::Renamed => "renamed",
    };
    let entry = json!({
        "sha": hash::sha1_like(&format!("{} in {sha}", change.path)), "filename": change.path,
        "status": status, "additions": 1, "deletions": 1, "changes": 2,
        "blob_url": format!("{web}/blob/{sha}/{path}"), "raw_url": format!("{web}/raw/{sha}/{path}"),
        "contents_url": format!("{api}/contents/{path}?ref={sha}"), "patch": "@@ -1 +1 @@\n-a\n+b",
    });
    match &change.previous_path {
        Some(previous) => super::extend(entry, json!({"previous_filename": previous})),
        None => entry,
    }
}

/// The part of a comparison that a request asks for.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub number: usize,
    pub size: usize,
}

/// `commit-comparison`. Only the first page has the files.
pub fn comparison(
    links: &Links,
    repository: &Repository,
    basehead: &str,
    comparison: &Comparison,
    page: Page,
) -> Value {
    let full_name = repository.full_name();
    let (api, web) = (links.repo(&full_name), format!("{}/{full_name}", links.web));
    let head = comparison.ahead.last().unwrap_or(&comparison.merge_base);
    let permalink = format!("{}...{}", comparison.base.sha, head.sha);
    let status = match comparison.status {
        ComparisonStatus::Identical => "identical",
        ComparisonStatus::Ahead => "ahead",
        ComparisonStatus::Behind => "behind",
        ComparisonStatus::Diverged => "diverged",
    };
    let listed = comparison.ahead.iter().skip((page.number - 1) * page.size).take(page.size);
    let files = match page.number {
        1 => files(links, repository, &head.sha, &comparison.files),
        _ => json!([]),
    };
    json!({
        "url": format!("{api}/compare/{basehead}"), "html_url": format!("{web}/compare/{basehead}"),
        "permalink_url": format!("{web}/compare/{permalink}"),
        "diff_url": format!("{web}/compare/{basehead}.diff"),
        "patch_url": format!("{web}/compare/{basehead}.patch"),
        "base_commit": commit(links, repository, &comparison.base),
        "merge_base_commit": commit(links, repository, &comparison.merge_base),
        "status": status, "ahead_by": comparison.ahead.len(), "behind_by": comparison.behind_by,
        "total_commits": comparison.ahead.len(), "files": files,
        "commits": listed.map(|listed| commit(links, repository, listed)).collect::<Value>(),
    })
}

/// `short-branch`
pub fn branch(links: &Links, repository: &Repository, name: &str, sha: &str) -> Value {
    let url = format!("{}/commits/{sha}", links.repo(&repository.full_name()));
    json!({"name": name, "commit": {"sha": sha, "url": url}, "protected": false})
}

/// `git-ref`
pub fn git_ref(links: &Links, repository: &Repository, git_ref: &GitRef, sha: &str) -> Value {
    let api = links.repo(&repository.full_name());
    let name = git_ref.full_name();
    json!({
        "ref": name, "node_id": node_id("REF", hash::id_from_name(1, &format!("{api}{name}"))),
        "url": format!("{api}/git/{name}"),
        "object": {"type": "commit", "sha": sha, "url": format!("{api}/git/commits/{sha}")},
    })
}

/// `status`
pub fn status(links: &Links, repository: &Repository, status: &CommitStatus) -> Value {
    let creator = simple_user(links, &status.creator);
    let url = format!("{}/statuses/{}", links.repo(&repository.full_name()), status.sha);
    json!({
        "url": url, "avatar_url": creator.get("avatar_url"), "id": status.id,
        "node_id": node_id("SC", status.id), "state": status.state,
        "description": status.description, "target_url": status.target_url,
        "context": status.context, "created_at": time(status.created_at),
        "updated_at": time(status.created_at), "creator": creator,
    })
}
