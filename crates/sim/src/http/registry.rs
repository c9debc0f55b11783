//! The registry: bearer tokens and manifests, as the OCI distribution specification and GHCR have it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use crate::hub::Hub;
use crate::model::ids;
use crate::model::registry::INDEX;
use crate::render::time;

#[derive(Deserialize)]
pub struct Ask {
    #[serde(default)]
    service: String,
    #[serde(default)]
    scope: String,
}

/// Whose token it is; a token for one package opens no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    Anonymous,
    Reader,
    /// An App's installation token logs in and may not pull private packages.
    App,
}

pub async fn token(
    State(hub): State<Arc<Hub>>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    let mut scope = ask.scope.splitn(3, ':');
    let (kind, name) = (scope.next().unwrap_or_default(), scope.next().unwrap_or_default());
    if ask.service.is_empty() || kind != "repository" || name.is_empty() {
        return error(
            StatusCode::BAD_REQUEST,
            "UNSUPPORTED",
            "scope=repository:NAME:pull is needed",
        );
    }
    let rights = match headers.get(header::AUTHORIZATION) {
        None => Rights::Anonymous,
        Some(basic) => match basic.to_str().ok().and_then(|basic| log_in(&hub, basic)) {
            Some(rights) => rights,
            None => return error(StatusCode::FORBIDDEN, "DENIED", "denied"),
        },
    };
    if rights == Rights::Anonymous && hub.model().registry.is_private(name) {
        return error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
    }
    let token = bearer(&hub, name, rights);
    let body = json!({"token": token, "expires_in": 300, "issued_at": time(hub.now())});
    super::answer::reply(StatusCode::OK, &body)
}

fn log_in(hub: &Hub, basic: &str) -> Option<Rights> {
    let (scheme, encoded) = basic.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, password) = decoded.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let reader = hub.options.registry_credentials.as_ref();
    if reader.is_some_and(|(name, token)| name == user && token == password) {
        return Some(Rights::Reader);
    }
    hub.model().grants.find(password, hub.now()).map(|_| Rights::App)
}

/// Nothing is stored: the token says what it is for, and nobody needs to forge it.
fn bearer(hub: &Hub, name: &str, rights: Rights) -> String {
    let seal = ids::sha256(format!("{}{name}{rights:?}", hub.origin));
    STANDARD.encode(format!("{rights:?}:{name}:{seal}"))
}

/// What the caller may do with an image, or what is wrong with their token.
fn rights(hub: &Hub, name: &str, headers: &HeaderMap) -> Result<Rights, &'static str> {
    let given = headers.get(header::AUTHORIZATION).ok_or("")?.to_str().unwrap_or_default();
    let token = given.split_once(' ').map_or("", |(_, token)| token);
    let said = STANDARD.decode(token).ok().and_then(|said| String::from_utf8(said).ok());
    let of = said.as_deref().and_then(|said| said.split(':').nth(1)).unwrap_or_default();
    let known = [Rights::Anonymous, Rights::Reader, Rights::App];
    match known.into_iter().find(|rights| token == bearer(hub, of, *rights)) {
        Some(rights) if of == name => Ok(rights),
        Some(_) => Err("insufficient_scope"),
        None => Err("invalid_token"),
    }
}

pub async fn root(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    match headers.contains_key(header::AUTHORIZATION) {
        true => super::answer::reply(StatusCode::OK, &json!({})),
        false => challenge(&hub, "user/image", ""),
    }
}

pub async fn manifest(
    State(hub): State<Arc<Hub>>,
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
    let rights = match rights(&hub, name, &headers) {
        Ok(rights) => rights,
        Err(error) => return challenge(&hub, name, error),
    };

    let model = hub.model();
    if model.registry.is_private(name) && rights != Rights::Reader {
        return error(
            StatusCode::FORBIDDEN,
            "DENIED",
            "requested access to the resource is denied",
        );
    }
    let Some((digest, found)) = model.registry.manifest(name, reference) else {
        return error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown");
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if found.media_type == INDEX && !accept.is_some_and(|accept| accept.contains(INDEX)) {
        let message = "OCI index found, but Accept header does not support OCI indexes";
        return error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", message);
    }
    let length = found.body.len().to_string();
    let body = if method == Method::HEAD { String::new() } else { found.body.clone() };
    let headers = [
        ("content-type", found.media_type.to_owned()),
        ("content-length", length),
        ("docker-content-digest", digest.clone()),
        ("docker-distribution-api-version", "registry/2.0".to_owned()),
        ("etag", format!("\"{digest}\"")),
    ];
    (headers, body).into_response()
}

fn challenge(hub: &Hub, name: &str, fault: &str) -> Response {
    let service = hub.origin.rsplit('/').next().unwrap_or_default();
    let mut bearer = format!(
        "Bearer realm=\"{}/token\",service=\"{service}\",scope=\"repository:{name}:pull\"",
        hub.origin
    );
    if !fault.is_empty() {
        bearer.push_str(&format!(",error=\"{fault}\""));
    }
    let refused = error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
    ([("www-authenticate", bearer)], refused).into_response()
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": message}]});
    super::answer::reply(status, &body)
}
