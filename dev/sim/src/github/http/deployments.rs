//! GitHub's deployments and their statuses.

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Level;
use super::context::RequestContext;
use super::git::json_page;
use super::paging::PageQuery;
use super::response::{ApiResult, json_response, ok_json};
use super::statuses::refuse_content;
use crate::github::model::Model;
use crate::github::model::api_error::ApiError;
use crate::github::model::deployments::{Deployment, DeploymentStatus};
use crate::github::model::repositories::Repository;
use crate::github::render::deployment as render;

#[derive(Deserialize)]
pub struct DeploymentRequest {
    r#ref: String,
    task: Option<String>,
    auto_merge: Option<bool>,
    /// None: all contexts of the commit.
    required_contexts: Option<Vec<String>>,
    payload: Option<Value>,
    environment: Option<String>,
    description: Option<String>,
    transient_environment: Option<bool>,
    production_environment: Option<bool>,
}

pub async fn create(
    context: RequestContext,
    request: Result<Json<DeploymentRequest>, JsonRejection>,
) -> ApiResult {
    let repository = context.git_repository("deployments", Level::Write).await?;
    let Json(request) = request.map_err(|_| ApiError::unprocessable("Validation Failed"))?;
    let mut model = context.state.model();
    if let Some(response) = refuse_content(&context, &mut model, &repository) {
        return Ok(response);
    }
    let reference = &request.r#ref;
    let sha = model.repositories.git(&repository).resolve(reference);
    let no_ref = || ApiError::unprocessable(format!("No ref found for: {reference}"));
    let sha = sha.ok_or_else(no_ref)?;
    if request.auto_merge.unwrap_or(true)
        && let Some(response) = merge_first(&mut model, &repository, reference, &sha)
    {
        return Ok(response);
    }
    check_contexts(&model, &repository, &sha, &request)?;
    let environment = request.environment.unwrap_or_else(|| "production".to_owned());
    let is_production = environment == "production";
    let deployment = Deployment {
        id: 0,
        sha,
        reference: reference.clone(),
        task: request.task.unwrap_or_else(|| "deploy".to_owned()),
        payload: request.payload.unwrap_or_else(|| json!({})),
        environment,
        description: request.description,
        is_transient: request.transient_environment.unwrap_or(false),
        is_production: request.production_environment.unwrap_or(is_production),
        creator: context.caller.login().to_owned(),
        created_at: context.now,
        statuses: Vec::new(),
    };
    let deployment = model.deployments.create(repository.id, deployment)?;
    let body = render::deployment(&context.links, &repository, &deployment);
    Ok(json_response(StatusCode::CREATED, &body))
}

/// With `auto_merge`, GitHub merges the default branch into a branch that is behind it in place of a deployment.
fn merge_first(
    model: &mut Model,
    repository: &Repository,
    reference: &str,
    sha: &str,
) -> Option<Response> {
    let git = model.repositories.git(repository);
    let default_branch = git.default_branch.clone();
    let head = git.head(&default_branch)?;
    if git.has_ancestor(sha, &head) {
        return None;
    }
    Some(match git.branches().contains_key(reference) {
        true => {
            let message = format!("Auto-merged {default_branch} into {reference} on deployment.");
            json_response(StatusCode::ACCEPTED, &json!({ "message": message }))
        }
        false => conflict(&format!("Conflict merging {default_branch} into {reference}."))
            .into_response(),
    })
}

/// Every required context must be successful; by default all that the commit has.
fn check_contexts(
    model: &Model,
    repository: &Repository,
    sha: &str,
    request: &DeploymentRequest,
) -> Result<(), ApiError> {
    let statuses = model.statuses.of_commit(repository.id, sha);
    let newest = |context: &str| {
        let newest = statuses.iter().rev().find(|status| status.context == context);
        newest.map(|status| status.state.as_str())
    };
    let of_commit = || statuses.iter().map(|status| status.context.clone()).collect();
    let required: Vec<String> = request.required_contexts.clone().unwrap_or_else(of_commit);
    match required.iter().all(|context| newest(context) == Some("success")) {
        true => Ok(()),
        false => {
            Err(conflict(&format!("Conflict: Commit status checks failed for {}.", request.r#ref)))
        }
    }
}

fn conflict(message: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, message)
}

#[derive(Debug, Deserialize)]
pub struct DeploymentsQuery {
    sha: Option<String>,
    r#ref: Option<String>,
    task: Option<String>,
    environment: Option<String>,
    per_page: Option<usize>,
    page: Option<usize>,
}

/// Newest first.
pub async fn list(context: RequestContext, Query(query): Query<DeploymentsQuery>) -> ApiResult {
    let repository = context.git_repository("deployments", Level::Read).await?;
    let has = |wanted: &Option<String>, value: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted == "none" || wanted == value)
    };
    let model = context.state.model();
    let all = model.deployments.of_repository(repository.id).iter().rev();
    let found: Vec<&Deployment> = all
        .filter(|found| {
            has(&query.sha, &found.sha)
                && has(&query.r#ref, &found.reference)
                && has(&query.task, &found.task)
                && has(&query.environment, &found.environment)
        })
        .collect();
    let url = format!("{}/deployments", context.links.repo(&repository.full_name()));
    let page = PageQuery { per_page: query.per_page, page: query.page };
    json_page(&found, page, &url, |found| render::deployment(&context.links, &repository, found))
}

pub async fn deployment(context: RequestContext) -> ApiResult {
    let repository = context.git_repository("deployments", Level::Read).await?;
    let model = context.state.model();
    let found = model.deployments.find(repository.id, context.id_param("id")?)?;
    ok_json(&render::deployment(&context.links, &repository, found))
}

pub async fn delete(context: RequestContext) -> ApiResult {
    let repository = context.git_repository("deployments", Level::Write).await?;
    let id = context.id_param("id")?;
    context.state.model().deployments.delete(repository.id, id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
pub struct StatusRequest {
    state: String,
    target_url: Option<String>,
    log_url: Option<String>,
    description: Option<String>,
    environment: Option<String>,
    environment_url: Option<String>,
    auto_inactive: Option<bool>,
}

pub async fn create_status(
    context: RequestContext,
    request: Result<Json<StatusRequest>, JsonRejection>,
) -> ApiResult {
    let repository = context.git_repository("deployments", Level::Write).await?;
    let Json(request) = request.map_err(|_| ApiError::unprocessable("Validation Failed"))?;
    let id = context.id_param("id")?;
    let mut model = context.state.model();
    if let Some(response) = refuse_content(&context, &mut model, &repository) {
        return Ok(response);
    }
    let environment = model.deployments.find(repository.id, id)?.environment.clone();
    let status = DeploymentStatus {
        id: 0,
        state: request.state,
        description: request.description.unwrap_or_default(),
        environment: request.environment.unwrap_or(environment),
        environment_url: request.environment_url,
        log_url: request.log_url.or(request.target_url),
        creator: context.caller.login().to_owned(),
        created_at: context.now,
    };
    let auto_inactive = request.auto_inactive.unwrap_or(true);
    let status = model.deployments.add_status(repository.id, id, status, auto_inactive)?;
    let body = render::status(&context.links, &repository, id, &status);
    let mut response = json_response(StatusCode::CREATED, &body);
    let location = body.get("url").and_then(Value::as_str).map(HeaderValue::from_str);
    if let Some(Ok(location)) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Newest first.
pub async fn statuses(context: RequestContext, Query(query): Query<PageQuery>) -> ApiResult {
    let repository = context.git_repository("deployments", Level::Read).await?;
    let id = context.id_param("id")?;
    let model = context.state.model();
    let found = model.deployments.find(repository.id, id)?;
    let newest: Vec<&DeploymentStatus> = found.statuses.iter().rev().collect();
    let url = format!("{}/deployments/{id}/statuses", context.links.repo(&repository.full_name()));
    json_page(&newest, query, &url, |status| {
        render::status(&context.links, &repository, id, status)
    })
}
