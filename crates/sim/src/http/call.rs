//! What every route learns about its request: who calls, in which dialect.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;

use super::answer::Refusal;
use super::jwt;
use crate::hub::Hub;
use crate::model::access::Caller;
use crate::model::world::Repository;
use crate::render::Links;

/// `/…` speaks as github.com, `/api/v3/…` as GitHub Enterprise Server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    GitHub,
    Enterprise,
}

/// The newest version of the API; Enterprise Server does not have it.
const NEWEST: &str = "2026-03-10";
const OLDER: &str = "2022-11-28";

pub struct Call {
    pub hub: Arc<Hub>,
    pub caller: Caller,
    pub dialect: Dialect,
    pub links: Links,
    pub now: Timestamp,
    pub newest: bool,
    path: BTreeMap<String, String>,
}

impl FromRequestParts<Arc<Hub>> for Call {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Refusal> {
        let dialect = *parts.extensions.get::<Dialect>().unwrap_or(&Dialect::GitHub);
        let caller = caller(hub, &parts.headers)?;
        let newest = version(dialect, &parts.headers)?;
        let path = RawPathParams::from_request_parts(parts, hub).await;
        let path = path.map_err(|_| Refusal::not_found())?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let prefix = if dialect == Dialect::Enterprise { "/api/v3" } else { "" };
        Ok(Self {
            links: Links { web: hub.origin.clone(), api: format!("{}{prefix}", hub.origin) },
            now: hub.now(),
            hub: hub.clone(),
            caller,
            dialect,
            newest,
            path,
        })
    }
}

impl Call {
    /// A part of the path by the name that the route gives it.
    pub fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A number in the path; anything else is a thing that does not exist.
    pub fn number(&self, name: &str) -> Result<u64, Refusal> {
        self.part(name).parse().map_err(|_| Refusal::not_found())
    }

    /// The repository of the path, if it exists at all.
    pub fn any_repository(&self) -> Result<Repository, Refusal> {
        let found = self.hub.model().world.repository(self.part("owner"), self.part("repo"));
        found.ok_or_else(Refusal::not_found)
    }

    /// The repository of the path, if the caller has the permission on it.
    pub fn repository(&self, permission: &str, write: bool) -> Result<Repository, Refusal> {
        if self.caller == Caller::App {
            return Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "This endpoint needs an installation access token or a personal access token",
            ));
        }
        let repository = self.any_repository()?;
        self.caller.may(&repository, permission, write)?;
        Ok(repository)
    }

    /// For what only the App itself may do. Returns its client id.
    pub fn app(&self) -> Result<&str, Refusal> {
        match (&self.hub.app, &self.caller) {
            (Some(app), Caller::App) => Ok(&app.client_id),
            _ => Err(Refusal::unauthorized("A JSON web token could not be decoded")),
        }
    }
}

fn caller(hub: &Hub, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let bad = || Refusal::unauthorized("Bad credentials");
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return Err(Refusal::unauthorized("Requires authentication"));
    };
    let text = header.to_str().map_err(|_| bad())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("token") {
        return Err(bad());
    }
    let token = token.trim();
    if hub.options.token.as_deref() == Some(token) {
        return Ok(Caller::Personal);
    }
    if jwt::looks_like_one(token) {
        let app = hub.app.as_ref().ok_or_else(bad)?;
        app.verify(token, hub.now()).map_err(Refusal::unauthorized)?;
        return Ok(Caller::App);
    }
    if let Some(login) = hub.model().people.of_token(token, hub.now()) {
        return Ok(Caller::User(login));
    }
    let grant = hub.model().grants.find(token, hub.now()).cloned();
    grant.map(Caller::Installation).ok_or_else(bad)
}

/// Whether the newest version is asked for; an unknown one is refused.
fn version(dialect: Dialect, headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(asked) = headers.get("x-github-api-version") else {
        return Ok(false);
    };
    match (asked.to_str().unwrap_or_default(), dialect) {
        (OLDER, _) => Ok(false),
        (NEWEST, Dialect::GitHub) => Ok(true),
        (other, _) => Err(Refusal::bad_request(format!(
            "The API version \"{other}\" is not supported. See the documentation for the list of \
             supported versions."
        ))),
    }
}
