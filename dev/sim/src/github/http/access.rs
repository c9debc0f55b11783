//! Who is calling, and which repositories the caller may read or change.

use axum::http::{HeaderMap, header};

use super::app_jwt;
use crate::github::model::api_error::ApiError;
use crate::github::model::installations::InstallationToken;
use crate::github::model::repositories::Repository;
use crate::github::server_state::ServerState;

/// The caller, as its credentials identify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The App itself, by its JWT.
    App,
    Installation(InstallationToken),
    /// The configured personal access token, which has all permissions.
    Personal,
    /// The login of a user who signed in through the App.
    User(String),
}

/// The level of a permission that an endpoint requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Read,
    Write,
}

/// What everybody may read of a public repository, also with a token for something else.
const PUBLIC_WITHOUT_PERMISSION: [&str; 2] = ["deployments", "pull_requests"];

impl Caller {
    /// Whether the caller's token covers the repository, beyond what is public.
    pub fn covers(&self, repository: &Repository) -> bool {
        match self {
            Self::App | Self::User(_) => false,
            Self::Personal => true,
            Self::Installation(token) => {
                let name = repository.name.to_ascii_lowercase();
                repository.app_installed
                    && token.account.eq_ignore_ascii_case(&repository.owner)
                    && token.repositories.as_ref().is_none_or(|names| names.contains(&name))
            }
        }
    }

    /// Requires a permission (`actions`, `contents`, …) on a repository. Public repositories can be
    /// read without it.
    pub fn require_permission(
        &self,
        repository: &Repository,
        permission: &str,
        level: Level,
    ) -> Result<(), ApiError> {
        if !self.covers(repository) {
            return match level {
                Level::Read if !repository.private => Ok(()),
                _ => self.require_coverage(repository),
            };
        }
        let Self::Installation(token) = self else {
            return Ok(());
        };
        // GitHub says of these that public ones need no permission.
        let is_public = !repository.private && PUBLIC_WITHOUT_PERMISSION.contains(&permission);
        if is_public && level == Level::Read {
            return Ok(());
        }
        let granted = token.permissions.get(permission).map(String::as_str);
        let is_enough = match granted {
            Some("write" | "admin") => true,
            Some(_) => level == Level::Read,
            // Reading metadata is part of every permission.
            None => permission == "metadata" && level == Level::Read,
        };
        if is_enough { Ok(()) } else { Err(ApiError::forbidden()) }
    }

    /// Requires that the caller's token covers the repository. A public repository is not enough.
    pub fn require_coverage(&self, repository: &Repository) -> Result<(), ApiError> {
        match self.covers(repository) {
            true => Ok(()),
            // GitHub hides that a private repository exists.
            false if repository.private => Err(ApiError::not_found()),
            false => Err(ApiError::forbidden()),
        }
    }

    /// The actor of what the caller does, such as of the workflow runs that it dispatches.
    pub fn login(&self) -> &'static str {
        match self {
            Self::Personal => "nokube-operator",
            _ => "nokube[bot]",
        }
    }
}

/// Identifies the caller by the credentials of the request.
///
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
    if let Some(login) = state.model().users.login_of_token(token) {
        return Ok(Caller::User(login));
    }
    let now = state.now();
    let model = state.model();
    let token = model.installations.find_token(token, now).ok_or_else(bad_credentials)?;
    match model.installations.is_suspended(&token.account) {
        true => Err(ApiError::suspended()),
        false => Ok(Caller::Installation(token.clone())),
    }
}

/// The kind of credentials, for the log of requests, which does not have the credentials themselves.
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
