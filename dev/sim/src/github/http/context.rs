//! What every route of the API needs to know about its request.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::access::{self, Caller, Level};
use crate::github::model::api_error::ApiError;
use crate::github::model::repositories::Repository;
use crate::github::render::Links;
use crate::github::server_state::ServerState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    GitHubCom,
    /// Serves its API below `/api/v3`.
    EnterpriseServer,
}

/// Enterprise Server does not have this version.
const NEWEST_API_VERSION: &str = "2026-03-10";
const OLDER_API_VERSION: &str = "2022-11-28";

pub struct RequestContext {
    pub state: Arc<ServerState>,
    pub caller: Caller,
    pub links: Links,
    pub now: Timestamp,
    pub uses_newest_version: bool,
    path_params: BTreeMap<String, String>,
}

impl FromRequestParts<Arc<ServerState>> for RequestContext {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<ServerState>,
    ) -> Result<Self, ApiError> {
        let edition = *parts.extensions.get::<Edition>().unwrap_or(&Edition::GitHubCom);
        let caller = access::caller(state, &parts.headers)?;
        let uses_newest_version = uses_newest_version(edition, &parts.headers)?;
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| ApiError::not_found())?;
        let path_params =
            params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let prefix = if edition == Edition::EnterpriseServer { "/api/v3" } else { "" };
        Ok(Self {
            links: Links::new(&state.origin, prefix),
            now: state.now(),
            state: state.clone(),
            caller,
            uses_newest_version,
            path_params,
        })
    }
}

impl RequestContext {
    /// A path parameter by its name in the route.
    pub fn path_param(&self, name: &str) -> &str {
        self.path_params.get(name).map_or("", String::as_str)
    }

    /// A path parameter that is a number. Anything else gets 404, as an unknown id does.
    pub fn id_param(&self, name: &str) -> Result<u64, ApiError> {
        self.path_param(name).parse().map_err(|_| ApiError::not_found())
    }

    /// The repository of the path, without an access check.
    pub fn repository_without_check(&self) -> Result<Repository, ApiError> {
        let (owner, name) = (self.path_param("owner"), self.path_param("repo"));
        let mut model = self.state.model();
        let found = match self.path_param("repository_id").parse() {
            Ok(id) => model.repositories.by_id(id),
            Err(_) => model.repositories.repository(owner, name),
        };
        let found = found.ok_or_else(ApiError::not_found)?;
        model.repositories.remember(&found);
        Ok(found)
    }

    /// The repository of the path, if the caller has the permission on it.
    pub fn repository(&self, permission: &str, level: Level) -> Result<Repository, ApiError> {
        if self.caller == Caller::App {
            return Err(ApiError::new(
                StatusCode::UNAUTHORIZED,
                "This endpoint needs an installation access token or a personal access token",
            ));
        }
        let repository = self.repository_without_check()?;
        self.caller.require_permission(&repository, permission, level)?;
        Ok(repository)
    }

    /// The same for routes that only the builder repository has.
    pub fn builder_repository(
        &self,
        permission: &str,
        level: Level,
    ) -> Result<Repository, ApiError> {
        let repository = self.repository(permission, level)?;
        let model = self.state.model();
        let builder = model.repositories.present_name(&self.state.options.builder_repository);
        match repository.full_name().eq_ignore_ascii_case(builder) {
            true => Ok(repository),
            false => Err(ApiError::not_found()),
        }
    }

    /// The id of the path's run, if the API shows it.
    pub fn run(&self, level: Level) -> Result<u64, ApiError> {
        self.builder_repository("actions", level)?;
        let id = self.id_param("run")?;
        self.state.model().run(id).map(|run| run.id).ok_or_else(ApiError::not_found)
    }

    /// Requires that the App itself calls. Returns its client id.
    pub fn require_app(&self) -> Result<&str, ApiError> {
        match (&self.state.app, &self.caller) {
            (Some(app), Caller::App) => Ok(&app.client_id),
            _ => Err(ApiError::unauthorized("A JSON web token could not be decoded")),
        }
    }

    /// Requires that a signed-in user calls. Returns the login.
    pub fn require_user(&self) -> Result<&str, ApiError> {
        match &self.caller {
            Caller::User(login) => Ok(login),
            _ => Err(ApiError::forbidden()),
        }
    }
}

/// Rejects versions that the edition does not have.
fn uses_newest_version(edition: Edition, headers: &HeaderMap) -> Result<bool, ApiError> {
    let Some(version) = headers.get("x-github-api-version") else {
        return Ok(false);
    };
    match (version.to_str().unwrap_or_default(), edition) {
        (OLDER_API_VERSION, _) => Ok(false),
        (NEWEST_API_VERSION, Edition::GitHubCom) => Ok(true),
        (other, _) => Err(ApiError::bad_request(format!(
            "The API version \"{other}\" is not supported. See the documentation for the list of \
             supported versions."
        ))),
    }
}
