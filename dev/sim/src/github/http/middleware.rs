//! Around every route: records requests, injects faults and adds ETags.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::access::auth_kind;
use super::{limits, redirects};
use crate::github::server_state::ServerState;
use crate::hash;
use crate::traffic::interceptor::path_and_query;

pub async fn intercept(
    State(state): State<Arc<ServerState>>,
    request: Request,
    next: Next,
) -> Response {
    let handle = async |request: axum::http::Request<Bytes>| {
        let (parts, body) = request.into_parts();
        let (method, headers) = (parts.method.clone(), parts.headers.clone());
        let path = path_and_query(&Request::from_parts(parts.clone(), Body::empty()));
        // Before the lock below, which `now` takes too.
        let now = state.now();
        let limited = limits::limited(&state.runtime().limits, &path, now);
        if let Some(response) = limited.or_else(|| redirects::redirect(&state, &method, &path)) {
            return response;
        }
        let response = next.run(Request::from_parts(parts, Body::from(body)));
        respond(&method, &path, &headers, response).await
    };
    state.interceptor.intercept(state.now(), auth_kind, request, handle).await
}

/// The response of the route. Those of the API get an ETag.
async fn respond(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    response: impl Future<Output = Response>,
) -> Response {
    if ["/v2/", "/token", "/_logs/", "/login/"].iter().any(|prefix| path.starts_with(prefix)) {
        return response.await;
    }
    if !headers.contains_key(header::USER_AGENT) {
        let message = "Request forbidden by administrative rules. Please make sure your request \
                       has a User-Agent header (https://docs.github.com/en/rest/overview/\
                       resources-in-the-rest-api#user-agent-required).";
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    let response = response.await;
    if method == Method::GET && response.status() == StatusCode::OK {
        return with_etag(response, headers).await;
    }
    response
}

/// Adds an ETag, and responds with 304 if the client has the same one.
async fn with_etag(response: Response, request_headers: &HeaderMap) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let etag = format!("W/\"{}\"", hash::sha256(&body));
    let client_tags = request_headers.get(header::IF_NONE_MATCH);
    let client_tags = client_tags.and_then(|tags| tags.to_str().ok());
    let without_weak_prefix = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let is_same = client_tags.is_some_and(|tags| {
        tags.split(',').any(|tag| without_weak_prefix(tag) == without_weak_prefix(&etag))
    });
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        parts.headers.insert(header::ETAG, etag);
    }
    if is_same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}
