//! Around every request: it is remembered, may be made to fail, and gets GitHub's headers.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::answer::Refusal;
use crate::control::seen::auth_kind;
use crate::control::traffic::path_of;
use crate::hub::Hub;
use crate::model::ids;

pub async fn wrap(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let answer = async |request: axum::http::Request<Bytes>| {
        let (parts, body) = request.into_parts();
        let (method, headers) = (parts.method.clone(), parts.headers.clone());
        let path = path_of(&Request::from_parts(parts.clone(), Body::empty()));
        let handled = next.run(Request::from_parts(parts, Body::from(body)));
        answered(&hub, &method, &path, &headers, handled).await
    };
    hub.traffic.carry(hub.now(), auth_kind, request, answer).await
}

/// The real answer, with GitHub's headers if it is its API's.
async fn answered(
    hub: &Hub,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    handled: impl Future<Output = Response>,
) -> Response {
    if ["/v2/", "/token", "/_logs/", "/login/"].iter().any(|other| path.starts_with(other)) {
        return handled.await;
    }
    if !headers.contains_key(header::USER_AGENT) {
        let message = "Request forbidden by administrative rules. Please make sure your request \
                       has a User-Agent header (https://docs.github.com/en/rest/overview/\
                       resources-in-the-rest-api#user-agent-required).";
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    let credentials = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let caller = ids::sha256(credentials.unwrap_or_default());
    let (limit, used) = {
        let desk = hub.desk();
        (desk.rate_limit, desk.used.get(&caller).copied().unwrap_or_default())
    };
    let mut response = if used >= limit {
        let message = "API rate limit exceeded for installation.";
        Refusal::new(StatusCode::FORBIDDEN, message).into_response()
    } else {
        handled.await
    };
    if method == Method::GET && response.status() == StatusCode::OK {
        response = with_etag(response, headers).await;
    }
    // A 304 costs nothing.
    let cost = u64::from(response.status() != StatusCode::NOT_MODIFIED && used < limit);
    *hub.desk().used.entry(caller).or_default() += cost;
    let used = used + cost;
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    let now = hub.now();
    set("x-ratelimit-limit", limit.to_string());
    set("x-ratelimit-used", used.to_string());
    set("x-ratelimit-remaining", limit.saturating_sub(used).to_string());
    set("x-ratelimit-reset", reset(now).to_string());
    set("x-ratelimit-resource", "core".to_owned());
    let request = ids::sha256(format!("{path}{}", now.as_nanosecond())).to_uppercase();
    let part = |from, to| request.get(from..to).unwrap_or_default();
    set("x-github-request-id", [part(0, 4), part(4, 10), part(10, 17), part(17, 24)].join(":"));
    set("x-github-media-type", "github.v3; format=json".to_owned());
    response
}

/// The limits begin anew at the full hour.
fn reset(now: Timestamp) -> i64 {
    (now.as_second() / 3600 + 1) * 3600
}

async fn with_etag(response: Response, asked: &HeaderMap) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let etag = format!("W/\"{}\"", ids::sha256(&body));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let same = known.is_some_and(|known| known.split(',').any(|tag| strong(tag) == strong(&etag)));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        parts.headers.insert(header::ETAG, etag);
    }
    parts.headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=60, s-maxage=60"),
    );
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}
