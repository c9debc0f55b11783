//! Repositories, commits and files.

use base64::Engine;
use serde_json::{Map, Value, json};

use super::user::{extend, simple_user};
use super::{Links, node_id};
use crate::github::model::ids;
use crate::github::model::repositories::Repository;

/// The field of each link of a repository, and the link's path below the repository's API address.
const PATHS: [(&str, &str); 37] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

#[must_use]
pub fn id(repository: &Repository) -> u64 {
    ids::id_from_name(600_000_000, &repository.full_name())
}

/// `minimal-repository`, which workflow runs contain.
#[must_use]
pub fn minimal(links: &Links, repository: &Repository) -> Value {
    let full_name = repository.full_name();
    let api = links.repo(&full_name);
    let urls =
        PATHS.iter().map(|(field, path)| ((*field).to_owned(), json!(format!("{api}{path}"))));
    let id = id(repository);
    extend(
        Value::Object(urls.collect::<Map<_, _>>()),
        json!({
            "id": id, "node_id": node_id("R", id),
            "name": repository.name, "full_name": full_name,
            "owner": simple_user(links, &repository.owner), "private": repository.private,
            "html_url": format!("{}/{full_name}", links.web), "description": null, "fork": false,
        }),
    )
}

/// `full-repository`
#[must_use]
pub fn full(links: &Links, repository: &Repository) -> Value {
    extend(self::repository(links, repository), json!({"subscribers_count": 1, "network_count": 0}))
}

/// `repository`, and `repository-webhooks` in webhook payloads.
#[must_use]
pub fn repository(links: &Links, repository: &Repository) -> Value {
    let web = format!("{}/{}", links.web, repository.full_name());
    let git = web.split_once("://").map_or(web.as_str(), |(_, rest)| rest).to_owned();
    let visibility = if repository.private { "private" } else { "public" };
    extend(
        minimal(links, repository),
        json!({
            "git_url": format!("git://{git}.git"), "ssh_url": format!("git@{git}.git"),
            "clone_url": format!("{web}.git"), "svn_url": web, "mirror_url": null, "homepage": null,
            "language": null, "forks_count": 0, "forks": 0, "stargazers_count": 0,
            "watchers_count": 0, "watchers": 0, "size": 108, "default_branch": "main",
            "open_issues_count": 0, "open_issues": 0, "is_template": false, "topics": [],
            "has_issues": true, "has_projects": true, "has_wiki": true, "has_pages": false,
            "has_downloads": true, "has_discussions": false, "archived": false, "disabled": false,
            "visibility": visibility, "allow_forking": true, "web_commit_signoff_required": false,
            "pushed_at": "2026-10-01T09:00:00Z", "created_at": "2024-05-01T09:00:00Z",
            "updated_at": "2026-10-01T09:00:00Z", "license": null,
        }),
    )
}

/// `commit`
#[must_use]
pub fn commit(links: &Links, repository: &Repository, sha: &str) -> Value {
    let api = links.repo(&repository.full_name());
    let html = format!("{}/{}/commit", links.web, repository.full_name());
    let author = json!({"name": repository.owner, "email": "dev@example.com",
        "date": "2026-10-01T09:00:00Z"});
    let tree = ids::sha1_like(&format!("tree of {sha}"));
    let parent = ids::sha1_like(&format!("parent of {sha}"));
    json!({
        "url": format!("{api}/commits/{sha}"), "sha": sha, "node_id": format!("C_{sha}"),
        "html_url": format!("{html}/{sha}"), "comments_url": format!("{api}/commits/{sha}/comments"),
        "commit": {
            "url": format!("{api}/git/commits/{sha}"), "author": author, "committer": author,
            "message": commit_message(sha), "comment_count": 0,
            "tree": {"sha": tree, "url": format!("{api}/git/trees/{tree}")},
            "verification": {"verified": false, "reason": "unsigned", "payload": null,
                "signature": null, "verified_at": null},
        },
        "author": simple_user(links, &repository.owner), "committer": simple_user(links, &repository.owner),
        "parents": [{"sha": parent, "url": format!("{api}/commits/{parent}"),
            "html_url": format!("{html}/{parent}")}],
        "stats": {"total": 3, "additions": 2, "deletions": 1}, "files": [],
    })
}

/// The message of a commit, derived from its SHA.
#[must_use]
pub fn commit_message(sha: &str) -> String {
    format!("Change {}", sha.get(..7).unwrap_or(sha))
}

/// `content-file`. Without the text, an item of `content-directory`.
#[must_use]
pub fn file(
    links: &Links,
    repository: &Repository,
    sha: &str,
    path: &str,
    text: Option<&str>,
) -> Value {
    let api = links.repo(&repository.full_name());
    let blob = ids::sha1_like(&format!("{path}:{}", text.unwrap_or_default()));
    let web = format!("{}/{}", links.web, repository.full_name());
    let url = format!("{api}/contents/{path}?ref={sha}");
    let (git, html) = (format!("{api}/git/blobs/{blob}"), format!("{web}/blob/{sha}/{path}"));
    let entry = json!({
        "name": path.rsplit('/').next().unwrap_or(path), "path": path, "sha": blob,
        "size": text.map_or(64, str::len), "url": url, "html_url": html, "git_url": git,
        "download_url": format!("{web}/raw/{sha}/{path}"), "type": "file",
        "_links": {"self": url, "git": git, "html": html},
    });
    let Some(text) = text else { return entry };
    let content = base64::engine::general_purpose::STANDARD.encode(text);
    extend(entry, json!({"content": content, "encoding": "base64"}))
}
