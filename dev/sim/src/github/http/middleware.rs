//! Around every route: records requests, injects faults, limits rates and adds GitHub's headers.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::credentials::auth_kind;
use super::response::ApiError;
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
        let response = next.run(Request::from_parts(parts, Body::from(body)));
        respond(&state, &method, &path, &headers, response).await
    };
    state.interceptor.intercept(state.now(), auth_kind, request, handle).await
}

/// The response of the route. Those of the API get GitHub's rate limit, ETag and headers.
async fn respond(
    state: &ServerState,
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
    let credentials = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let caller = hash::sha256(credentials.unwrap_or_default());
    let (limit, used) = {
        let runtime = state.runtime();
        (runtime.rate_limit, runtime.requests_used.get(&caller).copied().unwrap_or_default())
    };
    let mut response = if used >= limit {
        let message = "API rate limit exceeded for installation.";
        ApiError::new(StatusCode::FORBIDDEN, message).into_response()
    } else {
        response.await
    };
    if method == Method::GET && response.status() == StatusCode::OK {
        response = with_etag(response, headers).await;
    }
    // Neither a 304 nor a rejected request counts.
    let cost = u64::from(response.status() != StatusCode::NOT_MODIFIED && used < limit);
    *state.runtime().requests_used.entry(caller).or_default() += cost;
    let used = used + cost;
    let mut set_header = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    let now = state.now();
    set_header("x-ratelimit-limit", limit.to_string());
    set_header("x-ratelimit-used", used.to_string());
    set_header("x-ratelimit-remaining", limit.saturating_sub(used).to_string());
    set_header("x-ratelimit-reset", reset_time(now).to_string());
    set_header("x-ratelimit-resource", "core".to_owned());
    let request_id = hash::sha256(format!("{path}{}", now.as_nanosecond())).to_uppercase();
    let part = |from, to| request_id.get(from..to).unwrap_or_default();
    set_header(
        "x-github-request-id",
        [part(0, 4), part(4, 10), part(10, 17), part(17, 24)].join(":"),
    );
    set_header("x-github-media-type", "github.v3; format=json".to_owned());
    response
}

/// The Unix time at which the rate limit resets: the next full hour.
fn reset_time(now: Timestamp) -> i64 {
    (now.as_second() / 3600 + 1) * 3600
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
    parts.headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=60, s-maxage=60"),
    );
    if is_same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}
