//! What every answer says to browsers, and which other pages may call.

use crate::{Reply, auth::AuthSettings};
use http::{HeaderMap, Method, StatusCode};

/// For answers that are no page: nothing in them is ever run or shown inside something else.
const POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What an answer says to browsers, with what the operator says of them.
pub fn guard(reply: Reply, request: &HeaderMap, settings: Option<&AuthSettings>) -> Reply {
    let mut reply = private(reply);
    let Some(settings) = settings else { return reply };
    if settings.is_secure() {
        reply = only_by_tls(reply);
    }
    if !settings.cors.is_empty() {
        reply = reply.header("vary", "origin");
        if let Some(origin) = allowed(request, settings) {
            reply = reply
                .header("access-control-allow-origin", origin)
                .header("access-control-expose-headers", "location, retry-after, x-request-id")
                .header("cross-origin-resource-policy", "cross-origin");
        }
    }
    reply
}

/// Browsers come by TLS only from now on.
pub fn only_by_tls(reply: Reply) -> Reply {
    reply.header("strict-transport-security", "max-age=31536000")
}

/// What every answer says, unless it says otherwise itself: it is kept nowhere, guessed at by nobody,
/// framed by nobody.
pub fn private(reply: Reply) -> Reply {
    reply
        .or_header("cache-control", "no-store")
        .or_header("content-security-policy", POLICY)
        .header("x-content-type-options", "nosniff")
        .header("x-frame-options", "DENY")
        .header("referrer-policy", "no-referrer")
        .header("cross-origin-resource-policy", "same-origin")
}

/// The answer to a browser that asks whether another page may send a request. Cookies never come
/// along: such a page brings its own token.
pub fn preflight(method: &Method, request: &HeaderMap, settings: &AuthSettings) -> Option<Reply> {
    let asks = *method == Method::OPTIONS && request.contains_key("access-control-request-method");
    allowed(request, settings).filter(|_| asks)?;
    let reply = Reply::empty(StatusCode::NO_CONTENT)
        .header("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE")
        .header(
            "access-control-allow-headers",
            "authorization, content-type, idempotency-key, x-request-id",
        )
        .header("access-control-max-age", "600");
    Some(reply)
}

fn allowed<'a>(request: &'a HeaderMap, settings: &AuthSettings) -> Option<&'a str> {
    let origin = request.get("origin")?.to_str().ok()?;
    settings.cors.iter().any(|listed| listed == origin).then_some(origin)
}
