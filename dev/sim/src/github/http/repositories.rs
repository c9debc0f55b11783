//! Repositories, commits, files and collaborator permissions.

use axum::extract::Query;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;

use super::context::RequestContext;
use super::response::{ApiError, ApiResult, ok_json};
use crate::github::model::access::Level;
use crate::github::render::{repository as render, user};

pub async fn repository(context: RequestContext) -> ApiResult {
    let repository = context.repository("metadata", Level::Read)?;
    ok_json(&render::full(&context.links, &repository))
}

pub async fn commit(context: RequestContext, headers: HeaderMap) -> ApiResult {
    let repository = context.repository("contents", Level::Read)?;
    let reference = context.path_param("reference");
    let sha = context.state.model().repositories.commit(&repository.full_name(), reference);
    let sha = sha.ok_or_else(|| {
        let message = format!("No commit found for SHA: {reference}");
        ApiError::unprocessable(message).docs("/commits/commits#get-a-commit")
    })?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("vnd.github") && accept.contains("sha")) {
        let content_type = [(header::CONTENT_TYPE, "application/vnd.github.sha; charset=utf-8")];
        return Ok((content_type, sha).into_response());
    }
    ok_json(&render::commit(&context.links, &repository, &sha))
}

pub async fn permission(context: RequestContext) -> ApiResult {
    let repository = context.repository("metadata", Level::Read)?;
    // A public repository is not enough to see its collaborators.
    context.caller.require_coverage(&repository)?;
    let login = context.path_param("login");
    let role = context.state.model().repositories.role(&repository, login);
    let role = role.ok_or_else(ApiError::not_found)?;
    let mut body = user::permission(&context.links, login, &role);
    if let Some(user) = body.get_mut("user").and_then(|user| user.as_object_mut()) {
        user.insert("id".into(), context.state.model().users.id_of(login).into());
    }
    ok_json(&body)
}

#[derive(Deserialize)]
pub struct ContentsQuery {
    r#ref: Option<String>,
}

pub async fn root_contents(context: RequestContext, query: Query<ContentsQuery>) -> ApiResult {
    contents(context, query).await
}

pub async fn contents(context: RequestContext, Query(query): Query<ContentsQuery>) -> ApiResult {
    let repository = context.repository("contents", Level::Read)?;
    let name = repository.full_name();
    let reference = query.r#ref.unwrap_or_else(|| "main".to_owned());
    let model = context.state.model();
    let sha = model.repositories.commit(&name, &reference);
    let missing = || ApiError::not_found().docs("/repos/contents#get-repository-content");
    let sha = sha.ok_or_else(missing)?;
    let path = context.path_param("path").trim_matches('/');
    if path.is_empty() {
        let files = model.repositories.files(&name);
        let entry = |path: &String| render::file(&context.links, &repository, &sha, path, None);
        return ok_json(&files.iter().map(entry).collect::<Value>());
    }
    let text = model.repositories.file(&name, path).ok_or_else(missing)?;
    ok_json(&render::file(&context.links, &repository, &sha, path, Some(&text)))
}
