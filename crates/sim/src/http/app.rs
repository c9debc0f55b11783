//! The App itself: its installations and the tokens for them.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::http::StatusCode;
use serde::Deserialize;

use super::answer::{Answer, Refusal, ok, reply};
use super::call::Call;
use crate::hub::owner_and_name;
use crate::model::grants::PERMISSIONS;
use crate::render::app as render;

pub async fn app(call: Call) -> Answer {
    let owner = owner_and_name(&call.hub.options.builder_repository);
    let owner = owner.map_or("", |(owner, _)| owner);
    ok(&render::app(&call.links, call.app()?, owner))
}

pub async fn installation(call: Call) -> Answer {
    let client_id = call.app()?;
    let repository = call.any_repository()?;
    if !repository.app_installed {
        return Err(Refusal::not_found());
    }
    let id = call.hub.model().grants.installation(&repository.owner);
    ok(&render::installation(&call.links, client_id, &repository.owner, id))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Scope {
    repositories: Option<Vec<String>>,
    permissions: Option<BTreeMap<String, String>>,
}

pub async fn access_token(call: Call, body: Bytes) -> Answer {
    const DOCS: &str = "/apps/apps#create-an-installation-access-token-for-an-app";
    call.app()?;
    let scope: Scope = if body.is_empty() {
        Scope::default()
    } else {
        let parsed = serde_json::from_slice(&body);
        parsed.map_err(|_| Refusal::bad_request("Problems parsing JSON").see(DOCS))?
    };
    let id = call.number("id")?;
    let mut model = call.hub.model();
    let account = model.grants.account(id).map(str::to_owned).ok_or_else(Refusal::not_found)?;

    let granted: BTreeMap<&str, &str> = PERMISSIONS.into();
    let everything = || granted.iter().map(|(name, level)| ((*name).into(), (*level).into()));
    let mut permissions = scope.permissions.unwrap_or_else(|| everything().collect());
    let allowed = |(name, level): (&String, &String)| match granted.get(name.as_str()) {
        Some(granted) => *granted == "write" || level == granted,
        None => false,
    };
    if !permissions.iter().all(allowed) {
        let message = "The permissions requested are not granted to this installation.";
        return Err(Refusal::unprocessable(message).see(DOCS));
    }
    permissions.entry("metadata".to_owned()).or_insert_with(|| "read".to_owned());

    let mut repositories = Vec::new();
    for name in scope.repositories.iter().flatten() {
        let found = model.world.repository(&account, name).filter(|found| found.app_installed);
        repositories.push(found.ok_or_else(|| {
            let message = "There is at least one repository that does not exist or is not \
                           accessible to the parent installation.";
            Refusal::unprocessable(message).see(DOCS)
        })?);
    }
    let names = scope.repositories.map(|names| {
        let names: BTreeSet<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.into_iter().collect()
    });
    let (token, grant) = model.grants.issue(id, &account, names, permissions, call.now);
    drop(model);
    let body = render::token(&call.links, &token, &grant, &repositories);
    Ok(reply(StatusCode::CREATED, &body))
}
