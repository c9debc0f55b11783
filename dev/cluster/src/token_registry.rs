//! A registry that asks for bearer tokens like ghcr.io, in front of the open one. All images are private.
//!
//! <https://distribution.github.io/distribution/spec/auth/token/>

use crate::registries::{PASSWORD, USER};
use anyhow::Result;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

/// Everybody with the password gets the same token.
const TOKEN: &str = "token-of-the-puller";

/// The headers of a request or response that are passed on.
const PASSED_ON: [header::HeaderName; 4] =
    [header::ACCEPT, header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ETAG];
const DIGEST: &str = "docker-content-digest";

#[derive(Clone)]
struct TokenRegistry {
    http: reqwest::Client,
    /// The address of this registry, for clients.
    url: String,
    /// The registry with the images.
    images: String,
}

pub fn router(url: &str, images: &str) -> Result<Router> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let registry = TokenRegistry { http, url: url.into(), images: images.into() };
    Ok(Router::new().route("/token", get(token)).fallback(read).with_state(registry))
}

async fn token(headers: HeaderMap) -> Response {
    let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")));
    match headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        Some(given) if given == expected => axum::Json(json!({ "token": TOKEN })).into_response(),
        Some(_) => error(StatusCode::FORBIDDEN, "DENIED", "denied"),
        None => error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required"),
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "message": message }] });
    (status, axum::Json(body)).into_response()
}

async fn read(State(registry): State<TokenRegistry>, request: Request) -> Response {
    let headers = request.headers();
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let path = request.uri().path();
    if authorization != Some(&format!("Bearer {TOKEN}")) {
        let mut parts: Vec<_> = path.trim_start_matches("/v2/").split('/').collect();
        parts.truncate(parts.len().saturating_sub(2));
        let challenge = format!(
            "Bearer realm=\"{}/token\",service=\"registry\",scope=\"repository:{}:pull\"",
            registry.url,
            parts.join("/")
        );
        let response = error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
        return ([(header::WWW_AUTHENTICATE, challenge)], response).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "read only");
    }
    let url = format!("{}{path}", registry.images);
    let upstream = registry.http.request(request.method().clone(), url);
    let accepted = headers.get_all(header::ACCEPT).iter();
    let upstream = accepted.fold(upstream, |all, value| all.header(header::ACCEPT, value));
    match upstream.send().await {
        Ok(found) => {
            let mut response = Response::builder().status(found.status());
            for (name, value) in found.headers() {
                if PASSED_ON.contains(name) || name == DIGEST {
                    response = response.header(name, value);
                }
            }
            let body = Body::from_stream(found.bytes_stream());
            response.body(body).unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
        }
        Err(_) => error(StatusCode::BAD_GATEWAY, "UNAVAILABLE", "the registry does not respond"),
    }
}
