//! Pull requests.

use serde_json::{Value, json};

use super::user::simple_user;
use super::{Links, extend, node_id, repository, time};
use crate::github::model::pull_requests::{PullRequestChange, PullRequestView};
use crate::github::model::repositories::Repository;
use crate::hash;

/// `pull-request-simple`, as lists have it.
pub fn simple(links: &Links, base: &Repository, view: &PullRequestView) -> Value {
    let stored = &view.stored;
    let full_name = base.full_name();
    let (api, number) = (links.repo(&full_name), stored.number);
    let web = format!("{}/{full_name}/pull/{number}", links.web);
    let (pull, issue) = (format!("{api}/pulls/{number}"), format!("{api}/issues/{number}"));
    let comments = format!("{issue}/comments");
    let (commits, reviews) = (format!("{pull}/commits"), format!("{pull}/comments"));
    let review = format!("{api}/pulls/comments{{/number}}");
    let statuses = format!("{api}/statuses/{}", stored.head_sha);
    let link = |url: &str| json!({"href": url});
    let merge_commit = match &stored.merged {
        Some(merged) => merged.commit.clone(),
        None => hash::sha1_like(&format!("merge of {} and {}", stored.base_sha, stored.head_sha)),
    };
    let head_repository = view.head_repository.as_ref();
    json!({
        "url": pull, "id": stored.id, "node_id": node_id("PR", stored.id), "html_url": web,
        "diff_url": format!("{web}.diff"), "patch_url": format!("{web}.patch"), "issue_url": issue,
        "commits_url": commits, "review_comments_url": reviews, "review_comment_url": review,
        "comments_url": comments, "statuses_url": statuses,
        "number": number, "state": if stored.is_open() { "open" } else { "closed" },
        "locked": false, "title": stored.title, "user": simple_user(links, &stored.author),
        "body": stored.body, "labels": [], "milestone": null, "active_lock_reason": null,
        "created_at": time(stored.created_at), "updated_at": time(stored.updated_at),
        "closed_at": stored.closed_at.map(time),
        "merged_at": stored.merged.as_ref().and(stored.closed_at).map(time),
        "merge_commit_sha": merge_commit, "assignee": null, "assignees": [],
        "requested_reviewers": [], "requested_teams": [],
        "head": {
            "label": stored.head_label(), "ref": stored.head_branch, "sha": stored.head_sha,
            "user": simple_user(links, &stored.head_owner),
            "repo": head_repository.map(|head| repository::repository(links, head)),
        },
        "base": {
            "label": format!("{}:{}", base.owner, stored.base_branch), "ref": stored.base_branch,
            "sha": stored.base_sha, "user": simple_user(links, &base.owner),
            "repo": repository::repository(links, base),
        },
        "_links": {
            "self": link(&pull), "html": link(&web), "issue": link(&issue),
            "comments": link(&comments), "review_comments": link(&reviews),
            "review_comment": link(&review), "commits": link(&commits), "statuses": link(&statuses),
        },
        "author_association": view.author_association, "auto_merge": null, "draft": stored.is_draft,
    })
}

/// `pull-request`
pub fn full(links: &Links, base: &Repository, view: &PullRequestView) -> Value {
    let stored = &view.stored;
    let mergeable = stored.is_open().then_some(true);
    let state = match (stored.is_open(), stored.is_draft) {
        (false, _) => "unknown",
        (true, true) => "draft",
        (true, false) => "clean",
    };
    let merged_by = stored.merged.as_ref().map(|merged| simple_user(links, &merged.by));
    extend(
        simple(links, base, view),
        json!({
            "merged": stored.merged.is_some(), "mergeable": mergeable, "rebaseable": mergeable,
            "mergeable_state": state, "merged_by": merged_by, "comments": 0, "review_comments": 0,
            "maintainer_can_modify": false, "commits": view.commits,
            "additions": view.changed_files, "deletions": view.changed_files,
            "changed_files": view.changed_files,
        }),
    )
}

/// The payload of `pull_request` beyond what all events of a repository have. GitHub does not know yet whether it can be
/// merged.
pub fn webhook(
    links: &Links,
    base: &Repository,
    view: &PullRequestView,
    change: &PullRequestChange,
) -> Value {
    let unknown = json!({"mergeable": null, "rebaseable": null, "mergeable_state": "unknown"});
    let pull_request = extend(full(links, base, view), unknown);
    let body = json!({"number": view.stored.number, "pull_request": pull_request});
    let more = match change {
        PullRequestChange::Synchronized(before) => {
            json!({"before": before, "after": view.stored.head_sha})
        }
        PullRequestChange::Retargeted(branch, sha) => {
            json!({"changes": {"base": {"ref": {"from": branch}, "sha": {"from": sha}}}})
        }
        PullRequestChange::Titled(title) => json!({"changes": {"title": {"from": title}}}),
        _ => json!({}),
    };
    extend(body, more)
}
