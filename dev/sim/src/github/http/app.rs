//! The GitHub App, its installations and their access tokens.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;

use super::context::RequestContext;
use super::response::{ApiResult, json_response, ok_json};
use crate::github::model::api_error::ApiError;
use crate::github::render::app as render;

pub async fn app(context: RequestContext) -> ApiResult {
    let (owner, _) = context.state.options.builder();
    let client_id = context.require_app()?;
    let model = context.state.model();
    ok_json(&render::app(&context.links, client_id, owner, &model.installations.app))
}

pub async fn installation(context: RequestContext) -> ApiResult {
    let client_id = context.require_app()?;
    let repository = context.repository_without_check()?;
    if !repository.app_installed {
        return Err(ApiError::not_found());
    }
    let installations = &mut context.state.model().installations;
    ok_json(&render::installation(&context.links, client_id, &repository.owner, installations))
}

#[derive(Deserialize)]
pub struct TokenRequest {
    repositories: Option<Vec<String>>,
    repository_ids: Option<Vec<u64>>,
    permissions: Option<BTreeMap<String, String>>,
}

pub async fn access_token(
    context: RequestContext,
    request: Result<Json<TokenRequest>, JsonRejection>,
) -> ApiResult {
    context.require_app()?;
    let Json(request) = request.map_err(|_| ApiError::bad_request("Problems parsing JSON"))?;
    let id = context.id_param("id")?;
    let mut model = context.state.model();
    let account =
        model.installations.account(id).map(str::to_owned).ok_or_else(ApiError::not_found)?;

    if !model.repositories.is_app_installed(&account) {
        return Err(ApiError::not_found());
    }
    if model.installations.is_suspended(&account) {
        return Err(ApiError::suspended());
    }
    let granted = model.installations.version(&account).permissions.clone();
    let mut permissions = request.permissions.unwrap_or_else(|| granted.clone());
    let is_granted = |(name, level): (&String, &String)| match granted.get(name) {
        Some(granted) => *granted == "write" || level == granted,
        None => false,
    };
    if !permissions.iter().all(is_granted) {
        let message = "The permissions requested are not granted to this installation.";
        return Err(ApiError::unprocessable(message));
    }
    permissions.entry("metadata".to_owned()).or_insert_with(|| "read".to_owned());

    let by_id = request.repository_ids.map(|ids| {
        let name = |id| Some(model.repositories.by_id(id)?.name);
        ids.into_iter().map(|id| name(id).unwrap_or_else(|| "missing".to_owned())).collect()
    });
    let requested: Option<Vec<String>> = request.repositories.or(by_id);
    let mut repositories = Vec::new();
    for name in requested.iter().flatten() {
        let found =
            model.repositories.repository(&account, name).filter(|found| found.app_installed);
        repositories.push(found.ok_or_else(|| {
            let message = "There is at least one repository that does not exist or is not \
                           accessible to the parent installation.";
            ApiError::unprocessable(message)
        })?);
    }
    let names = requested.map(|names| {
        let names: BTreeSet<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.into_iter().collect()
    });
    let (token, access) =
        model.installations.issue_token(id, &account, names, permissions, context.now);
    drop(model);
    let body = render::token(&context.links, &token, &access, &repositories);
    Ok(json_response(StatusCode::CREATED, &body))
}
