//! The container registry: bearer tokens and manifests, by the OCI distribution specification and with
//! the peculiarities of ghcr.io.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::response::json_response;
use crate::github::model::registry::INDEX_MEDIA_TYPE;
use crate::github::render::time;
use crate::github::server_state::ServerState;
use crate::hash;

#[derive(Deserialize)]
pub struct TokenQuery {
    #[serde(default)]
    service: String,
    #[serde(default)]
    scope: String,
}

/// What a bearer token allows on the one package that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPermission {
    Anonymous,
    /// May pull private packages.
    Reader,
    /// An App's installation token can log in, but cannot pull private packages.
    App,
}

pub async fn token(
    State(state): State<Arc<ServerState>>,
    Query(query): Query<TokenQuery>,
    headers: HeaderMap,
) -> Response {
    let mut scope = query.scope.splitn(3, ':');
    let (kind, name) = (scope.next().unwrap_or_default(), scope.next().unwrap_or_default());
    if query.service.is_empty() || kind != "repository" || name.is_empty() {
        return error(
            StatusCode::BAD_REQUEST,
            "UNSUPPORTED",
            "scope=repository:NAME:pull is needed",
        );
    }
    let permission = match headers.get(header::AUTHORIZATION) {
        None => PullPermission::Anonymous,
        Some(basic) => match basic.to_str().ok().and_then(|basic| log_in(&state, basic)) {
            Some(permission) => permission,
            None => return error(StatusCode::FORBIDDEN, "DENIED", "denied"),
        },
    };
    if permission == PullPermission::Anonymous && state.options.private_packages {
        return error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
    }
    let token = hash::random();
    state.runtime().registry_tokens.insert(token.clone(), (name.to_owned(), permission));
    let body = json!({"token": token, "expires_in": 300, "issued_at": time(state.now())});
    json_response(StatusCode::OK, &body)
}

fn log_in(state: &ServerState, basic: &str) -> Option<PullPermission> {
    let (scheme, encoded) = basic.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, password) = decoded.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let reader = state.options.registry_credentials.as_ref();
    if reader.is_some_and(|(name, token)| name == user && token == password) {
        return Some(PullPermission::Reader);
    }
    state.model().installations.find_token(password, state.now()).map(|_| PullPermission::App)
}

/// The permissions of the caller on a package. The error is the `error` of the challenge, empty without a
/// token.
fn pull_permission(
    state: &ServerState,
    name: &str,
    headers: &HeaderMap,
) -> Result<PullPermission, &'static str> {
    let header = headers.get(header::AUTHORIZATION).ok_or("")?.to_str().unwrap_or_default();
    let token = header.split_once(' ').map_or("", |(_, token)| token);
    match state.runtime().registry_tokens.get(token) {
        Some((package, permission)) if package == name => Ok(*permission),
        Some(_) => Err("insufficient_scope"),
        None => Err("invalid_token"),
    }
}

pub async fn root(State(state): State<Arc<ServerState>>, headers: HeaderMap) -> Response {
    match headers.contains_key(header::AUTHORIZATION) {
        true => json_response(StatusCode::OK, &json!({})),
        false => challenge(&state, "user/image", ""),
    }
}

pub async fn manifest(
    State(state): State<Arc<ServerState>>,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Some((name, reference)) = path.split_once("/manifests/") else {
        return error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry");
    };
    if name != name.to_ascii_lowercase() {
        return error(StatusCode::BAD_REQUEST, "NAME_INVALID", "invalid repository name");
    }
    let permission = match pull_permission(&state, name, &headers) {
        Ok(permission) => permission,
        Err(error) => return challenge(&state, name, error),
    };

    if state.options.private_packages && permission != PullPermission::Reader {
        let message = "requested access to the resource is denied";
        return error(StatusCode::FORBIDDEN, "DENIED", message);
    }
    let model = state.model();
    let Some((digest, index)) = model.registry.index(name, reference) else {
        return error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown");
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains(INDEX_MEDIA_TYPE)) {
        let message = "OCI index found, but Accept header does not support OCI indexes";
        return error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", message);
    }
    let body = if method == Method::HEAD { "" } else { index };
    let headers = [
        ("content-type", INDEX_MEDIA_TYPE),
        ("content-length", &index.len().to_string()),
        ("docker-content-digest", digest),
        ("etag", &format!("\"{digest}\"")),
        ("docker-distribution-api-version", "registry/2.0"),
    ];
    (headers, body.to_owned()).into_response()
}

/// 401 with the address of the token endpoint.
fn challenge(state: &ServerState, name: &str, error_code: &str) -> Response {
    let service = state.origin.rsplit('/').next().unwrap_or_default();
    let mut bearer = format!(
        "Bearer realm=\"{}/token\",service=\"{service}\",scope=\"repository:{name}:pull\"",
        state.origin
    );
    if !error_code.is_empty() {
        bearer.push_str(&format!(",error=\"{error_code}\""));
    }
    let response = error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
    ([("www-authenticate", bearer)], response).into_response()
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": message}]});
    json_response(status, &body)
}
