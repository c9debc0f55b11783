//! The signed-in user, and memberships of organisations and teams.

use super::context::RequestContext;
use super::response::{ApiResult, ok_json};
use crate::github::model::api_error::ApiError;
use crate::github::render::user;

pub async fn user(context: RequestContext) -> ApiResult {
    let login = context.require_user()?;
    let id = context.state.model().users.id_of(login);
    ok_json(&user::public_user(&context.links, login, id))
}

pub async fn membership(context: RequestContext) -> ApiResult {
    let (login, org) = (context.require_user()?, context.path_param("org"));
    require_membership(&context, org, login)?;
    ok_json(&user::membership(&context.links, org, login))
}

pub async fn team_membership(context: RequestContext) -> ApiResult {
    context.require_user()?;
    let (org, team) = (context.path_param("org"), context.path_param("team"));
    let login = context.path_param("login");
    require_membership(&context, &format!("{org}/{team}"), login)?;
    ok_json(&user::team_membership(&context.links, org, team, login))
}

/// `of` is an organisation or a team (`organisation/team`).
fn require_membership(context: &RequestContext, of: &str, login: &str) -> Result<(), ApiError> {
    let is_member = context.state.model().users.is_member(of, login);
    if is_member { Ok(()) } else { Err(ApiError::not_found()) }
}
