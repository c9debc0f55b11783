//! The GitHub App, its installations and their access tokens.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::http::StatusCode;
use serde::Deserialize;

use super::context::RequestContext;
use super::response::{ApiError, ApiResult, json_response, ok_json};
use crate::github::model::installations::PERMISSIONS;
use crate::github::render::app as render;
use crate::github::server_state::owner_and_name;

pub async fn app(context: RequestContext) -> ApiResult {
    let owner = owner_and_name(&context.state.options.builder_repository);
    let owner = owner.map_or("", |(owner, _)| owner);
    ok_json(&render::app(&context.links, context.require_app()?, owner))
}

pub async fn installation(context: RequestContext) -> ApiResult {
    let client_id = context.require_app()?;
    let repository = context.repository_without_check()?;
    if !repository.app_installed {
        return Err(ApiError::not_found());
    }
    let id = context.state.model().installations.id_for_account(&repository.owner);
    ok_json(&render::installation(&context.links, client_id, &repository.owner, id))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenRequest {
    repositories: Option<Vec<String>>,
    permissions: Option<BTreeMap<String, String>>,
}

pub async fn access_token(context: RequestContext, body: Bytes) -> ApiResult {
    const DOCS: &str = "/apps/apps#create-an-installation-access-token-for-an-app";
    context.require_app()?;
    let request: TokenRequest = if body.is_empty() {
        TokenRequest::default()
    } else {
        let parsed = serde_json::from_slice(&body);
        parsed.map_err(|_| ApiError::bad_request("Problems parsing JSON").docs(DOCS))?
    };
    let id = context.id_param("id")?;
    let mut model = context.state.model();
    let account =
        model.installations.account(id).map(str::to_owned).ok_or_else(ApiError::not_found)?;

    let granted: BTreeMap<&str, &str> = PERMISSIONS.into();
    let all = || granted.iter().map(|(name, level)| ((*name).into(), (*level).into()));
    let mut permissions = request.permissions.unwrap_or_else(|| all().collect());
    let is_granted = |(name, level): (&String, &String)| match granted.get(name.as_str()) {
        Some(granted) => *granted == "write" || level == granted,
        None => false,
    };
    if !permissions.iter().all(is_granted) {
        let message = "The permissions requested are not granted to this installation.";
        return Err(ApiError::unprocessable(message).docs(DOCS));
    }
    permissions.entry("metadata".to_owned()).or_insert_with(|| "read".to_owned());

    let mut repositories = Vec::new();
    for name in request.repositories.iter().flatten() {
        let found =
            model.repositories.repository(&account, name).filter(|found| found.app_installed);
        repositories.push(found.ok_or_else(|| {
            let message = "There is at least one repository that does not exist or is not \
                           accessible to the parent installation.";
            ApiError::unprocessable(message).docs(DOCS)
        })?);
    }
    let names = request.repositories.map(|names| {
        let names: BTreeSet<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.into_iter().collect()
    });
    let (token, access) =
        model.installations.issue_token(id, &account, names, permissions, context.now);
    drop(model);
    let body = render::token(&context.links, &token, &access, &repositories);
    Ok(json_response(StatusCode::CREATED, &body))
}
