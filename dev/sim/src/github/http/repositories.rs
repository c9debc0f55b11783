//! Repositories and collaborator permissions.

use super::access::Level;
use super::context::RequestContext;
use super::response::{ApiResult, ok_json};
use crate::github::model::api_error::ApiError;
use crate::github::render::{repository as render, user};

pub async fn repository(context: RequestContext) -> ApiResult {
    let repository = context.git_repository("metadata", Level::Read).await?;
    ok_json(&render::full(&context.links, &repository))
}

pub async fn permission(context: RequestContext) -> ApiResult {
    let repository = context.repository("metadata", Level::Read)?;
    // A public repository is not enough to see its collaborators.
    context.caller.require_coverage(&repository)?;
    let login = context.path_param("login");
    let model = context.state.model();
    let role = model.repositories.role(&repository, login).ok_or_else(ApiError::not_found)?;
    ok_json(&user::permission(&context.links, login, model.users.id_of(login), &role))
}
