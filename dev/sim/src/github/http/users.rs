//! Users and their memberships of organisations and teams.

use super::context::RequestContext;
use super::response::{ApiError, ApiResult, ok_json};
use crate::github::model::repositories::login_exists;
use crate::github::render::user;

pub async fn user(context: RequestContext) -> ApiResult {
    let login = context.path_param("login");
    if !login_exists(login) {
        return Err(ApiError::not_found().docs("/users/users#get-a-user"));
    }
    ok_json(&user::public_user(&context.links, login))
}

pub async fn authenticated_user(context: RequestContext) -> ApiResult {
    let login = context.require_user()?;
    let mut account = user::public_user(&context.links, login);
    if let Some(account) = account.as_object_mut() {
        account.insert("id".into(), context.state.model().users.id_of(login).into());
    }
    ok_json(&account)
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
    match context.state.model().users.is_member(of, login) {
        true => Ok(()),
        false => Err(ApiError::not_found()),
    }
}
