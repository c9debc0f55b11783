//! The GitHub App, its installations and their access tokens.

use serde_json::{Value, json};

use super::repository;
use super::user::simple_user;
use super::{Links, extend, node_id, time};
use crate::github::model::installations::{AppVersion, InstallationToken, Installations};
use crate::github::model::repositories::Repository;

/// The App's id. Its client id is an option of the simulation.
pub const APP_ID: u64 = 1_204_117;
const SLUG: &str = "nokube";

/// `integration`
pub fn app(links: &Links, client_id: &str, owner: &str, version: &AppVersion) -> Value {
    json!({
        "id": APP_ID, "slug": SLUG, "node_id": node_id("A", APP_ID), "client_id": client_id,
        "owner": simple_user(links, owner), "name": "NoKube", "description": null,
        "external_url": "https://nokube.example", "html_url": format!("{}/apps/{SLUG}", links.web),
        "created_at": "2026-01-08T09:00:00Z", "updated_at": "2026-01-08T09:00:00Z",
        "permissions": version.permissions, "events": version.events, "installations_count": 1,
    })
}

/// `installation`, with what it has accepted.
pub fn installation(
    links: &Links,
    client_id: &str,
    account: &str,
    installations: &mut Installations,
) -> Value {
    let id = installations.id_for_account(account);
    let suspended_by = installations.is_suspended(account).then(|| simple_user(links, account));
    let suspended_at = suspended_by.as_ref().map(|_| "2026-11-01T09:00:00Z");
    let version = installations.version(account);
    let owner = simple_user(links, account);
    json!({
        "id": id, "client_id": client_id, "account": owner,
        "repository_selection": "all",
        "access_tokens_url": format!("{}/app/installations/{id}/access_tokens", links.api),
        "repositories_url": format!("{}/installation/repositories", links.api),
        "html_url": format!("{}/settings/installations/{id}", links.web),
        "app_id": APP_ID, "app_slug": SLUG, "target_id": owner.get("id"),
        "target_type": owner.get("type"), "permissions": version.permissions,
        "events": version.events,
        "created_at": "2026-01-08T09:00:00Z", "updated_at": "2026-01-08T09:00:00Z",
        "single_file_name": null, "has_multiple_single_files": false, "single_file_paths": [],
        "suspended_by": suspended_by, "suspended_at": suspended_at,
    })
}

/// `installation-token`
pub fn token(
    links: &Links,
    token: &str,
    access: &InstallationToken,
    repositories: &[Repository],
) -> Value {
    let selection = if access.repositories.is_some() { "selected" } else { "all" };
    let body = json!({
        "token": token, "expires_at": time(access.expires_at),
        "permissions": access.permissions, "repository_selection": selection,
    });
    if access.repositories.is_none() {
        return body;
    }
    let listed = repositories.iter().map(|listed| repository::repository(links, listed));
    extend(body, json!({"repositories": listed.collect::<Value>()}))
}
