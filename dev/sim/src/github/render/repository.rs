//! Repositories.

use serde_json::{Value, json};

use super::user::simple_user;
use super::{Links, extend, node_id};
use crate::github::model::repositories::Repository;

/// Links whose path below the repository's API address is their name.
const NAMED_LINKS: &str = "contributors deployments downloads events forks hooks languages merges \
                           stargazers subscribers subscription tags teams";
/// The other links with their paths.
const LINKS: [(&str, &str); 23] = [
    ("archive", "/{archive_format}{/ref}"),
    ("assignees", "/assignees{/user}"),
    ("blobs", "/git/blobs{/sha}"),
    ("branches", "/branches{/branch}"),
    ("collaborators", "/collaborators{/collaborator}"),
    ("comments", "/comments{/number}"),
    ("commits", "/commits{/sha}"),
    ("compare", "/compare/{base}...{head}"),
    ("contents", "/contents/{+path}"),
    ("git_commits", "/git/commits{/sha}"),
    ("git_refs", "/git/refs{/sha}"),
    ("git_tags", "/git/tags{/sha}"),
    ("issue_comment", "/issues/comments{/number}"),
    ("issue_events", "/issues/events{/number}"),
    ("issues", "/issues{/number}"),
    ("keys", "/keys{/key_id}"),
    ("labels", "/labels{/name}"),
    ("milestones", "/milestones{/number}"),
    ("notifications", "/notifications{?since,all,participating}"),
    ("pulls", "/pulls{/number}"),
    ("releases", "/releases{/id}"),
    ("statuses", "/statuses/{sha}"),
    ("trees", "/git/trees{/sha}"),
];

pub fn id(repository: &Repository) -> u64 {
    repository.id
}

/// `minimal-repository`, which workflow runs contain.
pub fn minimal(links: &Links, repository: &Repository) -> Value {
    let full_name = repository.full_name();
    let api = links.repo(&full_name);
    let named = NAMED_LINKS.split(' ').map(|name| (name, format!("/{name}")));
    let links_and_paths = named.chain(LINKS.map(|(name, path)| (name, path.to_owned())));
    let urls =
        links_and_paths.map(|(name, path)| (format!("{name}_url"), json!(format!("{api}{path}"))));
    let id = id(repository);
    extend(
        urls.collect(),
        json!({
            "id": id, "node_id": node_id("R", id), "url": api,
            "name": repository.name, "full_name": full_name,
            "owner": simple_user(links, &repository.owner), "private": repository.private,
            "html_url": format!("{}/{full_name}", links.web), "description": null, "fork": repository.is_fork,
        }),
    )
}

/// `full-repository`
pub fn full(links: &Links, repository: &Repository) -> Value {
    extend(self::repository(links, repository), json!({"subscribers_count": 1, "network_count": 0}))
}

/// `repository`, and `repository-webhooks` in webhook payloads.
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
            "watchers_count": 0, "watchers": 0, "size": 108, "default_branch": repository.default_branch,
            "open_issues_count": 0, "open_issues": 0, "is_template": false, "topics": [],
            "has_issues": true, "has_projects": true, "has_wiki": true, "has_pages": false,
            "has_downloads": true, "has_discussions": false, "archived": repository.archived, "disabled": false,
            "visibility": visibility, "allow_forking": true, "web_commit_signoff_required": false,
            "pushed_at": "2026-10-01T09:00:00Z", "created_at": "2024-05-01T09:00:00Z",
            "updated_at": "2026-10-01T09:00:00Z", "license": null,
        }),
    )
}
