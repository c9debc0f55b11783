//! Cross-origin requests (CORS): pages of the origins that the operator lists may call the API, with a
//! bearer token. Cookies are never allowed.

use super::reply::Reply;
use crate::auth::AuthSettings;
use http::{HeaderMap, Method, StatusCode};

/// Lets a listed origin read the reply.
pub fn add_headers(reply: Reply, request: &HeaderMap, settings: &AuthSettings) -> Reply {
    if settings.cors_origins.is_empty() {
        return reply;
    }
    let reply = reply.header("vary", "origin");
    match allowed_origin(request, settings) {
        Some(origin) => reply
            .header("access-control-allow-origin", origin)
            .header("access-control-expose-headers", "etag, location, retry-after, x-request-id")
            .header("cross-origin-resource-policy", "cross-origin"),
        None => reply,
    }
}

/// The reply to a preflight request of a listed origin; `None` for any other request.
pub fn preflight(method: &Method, request: &HeaderMap, settings: &AuthSettings) -> Option<Reply> {
    let is_preflight =
        *method == Method::OPTIONS && request.contains_key("access-control-request-method");
    allowed_origin(request, settings).filter(|_| is_preflight)?;
    let reply = Reply::empty(StatusCode::NO_CONTENT)
        .header("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE")
        .header(
            "access-control-allow-headers",
            "authorization, content-type, idempotency-key, if-none-match, x-request-id",
        )
        .header("access-control-max-age", "600");
    Some(reply)
}

fn allowed_origin<'a>(request: &'a HeaderMap, settings: &AuthSettings) -> Option<&'a str> {
    let origin = request.get("origin")?.to_str().ok()?;
    settings.cors_origins.iter().any(|listed| listed == origin).then_some(origin)
}
