//! Users and organisations.

use serde_json::{Value, json};

use super::{Links, extend, node_id};
use crate::hash;

/// `simple-user`
pub fn simple_user(links: &Links, login: &str) -> Value {
    let id = hash::id_from_name(1_000_000, login);
    let url = format!("{}/users/{login}", links.api);
    let kind = if login.ends_with("[bot]") {
        "Bot"
    } else if login.ends_with("-org") {
        "Organization"
    } else {
        "User"
    };
    json!({
        "login": login, "id": id, "node_id": node_id("U", id),
        "avatar_url": format!("{}/avatars/u/{id}?v=4", links.web), "gravatar_id": "",
        "url": url, "html_url": format!("{}/{login}", links.web),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"), "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": kind, "user_view_type": "public", "site_admin": false,
    })
}

/// `public-user`. The id is that of the account that has the login now.
pub fn public_user(links: &Links, login: &str, id: u64) -> Value {
    extend(
        simple_user(links, login),
        json!({
            "id": id, "name": login, "company": null, "blog": "", "location": null, "email": null,
            "hireable": null, "bio": null, "public_repos": 8, "public_gists": 0,
            "followers": 20, "following": 0,
            "created_at": "2011-01-25T18:44:36Z", "updated_at": "2026-01-22T12:14:51Z",
        }),
    )
}

/// `repository-collaborator-permission`
pub fn permission(links: &Links, login: &str, id: u64, role: &str) -> Value {
    // `permission` has four levels only; `role_name` has all.
    let permission = match role {
        "maintain" => "write",
        "triage" => "read",
        other => other,
    };
    let user = extend(simple_user(links, login), json!({"id": id, "role_name": role}));
    json!({"permission": permission, "role_name": role, "user": user})
}

/// `org-membership`
pub fn membership(links: &Links, org: &str, login: &str) -> Value {
    let organization = organization(links, org);
    let url = organization.get("url").cloned().unwrap_or_default();
    json!({
        "url": format!("{}/orgs/{org}/memberships/{login}", links.api),
        "state": "active", "role": "member",
        "organization_url": url, "organization": organization, "user": simple_user(links, login),
    })
}

/// `organization-simple`
fn organization(links: &Links, org: &str) -> Value {
    let id = hash::id_from_name(1_000_000, org);
    let url = format!("{}/orgs/{org}", links.api);
    json!({
        "login": org, "id": id, "node_id": node_id("O", id), "url": url,
        "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"),
        "hooks_url": format!("{url}/hooks"), "issues_url": format!("{url}/issues"),
        "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("{}/avatars/u/{id}?v=4", links.web), "description": null,
    })
}

/// `team-membership`
pub fn team_membership(links: &Links, org: &str, team: &str, login: &str) -> Value {
    let url = format!("{}/orgs/{org}/teams/{team}/memberships/{login}", links.api);
    json!({ "url": url, "state": "active", "role": "member" })
}
