//! What a commit has at a path.

use axum::extract::Query;
use serde::Deserialize;

use super::access::Level;
use super::context::RequestContext;
use super::response::{ApiResult, ok_json};
use crate::github::local_git;
use crate::github::model::api_error::ApiError;
use crate::github::render::contents as render;

#[derive(Deserialize)]
pub struct ContentsQuery {
    /// The default branch if there is none.
    #[serde(rename = "ref")]
    reference: Option<String>,
}

pub async fn contents(context: RequestContext, Query(query): Query<ContentsQuery>) -> ApiResult {
    let repository = context.git_repository("contents", Level::Read).await?;
    let path = context.path_param("path");
    let reference = query.reference.unwrap_or_else(|| "HEAD".to_owned());
    let sha = context.state.model().repositories.git(&repository).resolve(&reference);
    let no_commit = || ApiError {
        message: format!("No commit found for the ref {reference}"),
        ..ApiError::not_found()
    };
    let sha = sha.ok_or_else(no_commit)?;
    let found = match local_git::contents(&context.state, &repository.full_name(), &sha, path).await
    {
        Some(found) => found,
        None => context.state.model().repositories.git(&repository).contents(&sha, path),
    };
    let found = found.ok_or_else(ApiError::not_found)?;
    ok_json(&render::contents(&context.links, &repository, &sha, path, &found))
}
