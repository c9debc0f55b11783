//! Commit statuses.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::access::{Caller, Level};
use super::context::RequestContext;
use super::git::{json_page, no_commit};
use super::paging::PageQuery;
use super::response::{ApiResult, json_response};
use crate::github::model::Model;
use crate::github::model::api_error::ApiError;
use crate::github::model::repositories::Repository;
use crate::github::model::statuses::CommitStatus;
use crate::github::render::git as render;
use crate::hash;

#[derive(Deserialize)]
pub struct StatusRequest {
    state: String,
    context: Option<String>,
    description: Option<String>,
    target_url: Option<String>,
}

pub async fn create(
    context: RequestContext,
    request: Result<Json<StatusRequest>, JsonRejection>,
) -> ApiResult {
    let repository = context.git_repository("statuses", Level::Write).await?;
    let Json(request) = request.map_err(|_| ApiError::unprocessable("Validation Failed"))?;
    let sha = context.path_param("sha").to_ascii_lowercase();
    let mut model = context.state.model();
    if let Some(response) = refuse_content(&context, &mut model, &repository) {
        return Ok(response);
    }
    let is_known =
        hash::is_commit_sha(&sha) && model.repositories.git(&repository).commit(&sha).is_some();
    if !is_known {
        return Err(no_commit(&sha));
    }
    let status = CommitStatus {
        id: 0,
        sha,
        state: request.state,
        context: request.context.unwrap_or_else(|| "default".to_owned()),
        description: request.description,
        target_url: request.target_url,
        creator: context.caller.login().to_owned(),
        created_at: context.now,
    };
    let status = model.statuses.create(repository.id, status)?;
    let body = render::status(&context.links, &repository, &status);
    Ok(json_response(StatusCode::CREATED, &body))
}

/// The response to a request that creates content, if it exceeds a limit or the repository is archived.
pub fn refuse_content(
    context: &RequestContext,
    model: &mut Model,
    repository: &Repository,
) -> Option<Response> {
    let caller = match &context.caller {
        Caller::Installation(token) => token.installation.to_string(),
        other => other.login().to_owned(),
    };
    if !model.statuses.allow_request(&caller, context.now) {
        let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        let mut response = ApiError::new(StatusCode::FORBIDDEN, message).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return Some(response);
    }
    let message = "Repository was archived so is read-only.";
    repository.archived.then(|| ApiError::new(StatusCode::FORBIDDEN, message).into_response())
}

/// Newest first.
pub async fn list(context: &RequestContext, query: PageQuery) -> ApiResult {
    let repository = context.git_repository("statuses", Level::Read).await?;
    let reference = context.path_param("reference").trim_end_matches("/statuses");
    let mut model = context.state.model();
    let sha = model.repositories.git(&repository).resolve(reference);
    let sha = sha.ok_or_else(|| no_commit(reference))?;
    let mut statuses = model.statuses.of_commit(repository.id, &sha);
    statuses.reverse();
    let url = format!("{}/commits/{sha}/statuses", context.links.repo(&repository.full_name()));
    json_page(&statuses, query, &url, |status| render::status(&context.links, &repository, status))
}
