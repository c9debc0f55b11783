//! Identifies the caller by the credentials of the request.

use axum::http::{HeaderMap, header};

use super::app_jwt;
use super::response::ApiError;
use crate::github::model::access::Caller;
use crate::github::server_state::ServerState;

/// # Errors
/// 401 if there are no credentials or invalid ones.
pub fn caller(state: &ServerState, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let bad_credentials = || ApiError::unauthorized("Bad credentials");
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return Err(ApiError::unauthorized("Requires authentication"));
    };
    let text = header.to_str().map_err(|_| bad_credentials())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(bad_credentials)?;
    if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("token") {
        return Err(bad_credentials());
    }
    let token = token.trim();
    if state.options.token.as_deref() == Some(token) {
        return Ok(Caller::Personal);
    }
    if app_jwt::looks_like_jwt(token) {
        let app = state.app.as_ref().ok_or_else(bad_credentials)?;
        app.verify(token, state.now()).map_err(ApiError::unauthorized)?;
        return Ok(Caller::App);
    }
    if let Some(login) = state.model().users.login_of_token(token, state.now()) {
        return Ok(Caller::User(login));
    }
    let token = state.model().installations.find_token(token, state.now()).cloned();
    token.map(Caller::Installation).ok_or_else(bad_credentials)
}

/// The kind of credentials, for the log of requests, which does not have the credentials themselves.
#[must_use]
pub fn auth_kind(headers: &HeaderMap, path: &str) -> &'static str {
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return "none";
    };
    let text = header.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => "basic",
        _ if path.starts_with("/v2/") => "registry",
        _ if app_jwt::looks_like_jwt(token) => "app",
        _ if token.starts_with("ghs_") => "installation",
        _ => "personal",
    }
}
