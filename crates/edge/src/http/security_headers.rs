//! Security headers that every response carries.

use super::reply::Reply;
use crate::auth::AuthSettings;
use http::{HeaderName, HeaderValue, header};

/// The policy for responses that are not pages: nothing in them may run or be embedded.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(super) const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Adds the headers that depend on the operator's settings, too.
pub fn add(reply: Reply, settings: Option<&AuthSettings>) -> Reply {
    let reply = add_defaults(reply);
    match settings {
        Some(settings) if settings.is_https() => require_https(reply),
        _ => reply,
    }
}

/// Tells browsers to use HTTPS only from now on.
pub fn require_https(reply: Reply) -> Reply {
    let value = HeaderValue::from_static("max-age=31536000");
    reply.constant(header::STRICT_TRANSPORT_SECURITY, value)
}

/// Forbids caching (unless the reply says otherwise), content sniffing and framing.
pub fn add_defaults(reply: Reply) -> Reply {
    let value = HeaderValue::from_static;
    reply
        .default_constant(header::CACHE_CONTROL, value("no-store"))
        .default_constant(header::CONTENT_SECURITY_POLICY, value(CONTENT_SECURITY_POLICY))
        .constant(header::X_CONTENT_TYPE_OPTIONS, value("nosniff"))
        .constant(header::X_FRAME_OPTIONS, value("DENY"))
        .constant(header::REFERRER_POLICY, value("no-referrer"))
        .constant(CROSS_ORIGIN_RESOURCE_POLICY, value("same-origin"))
}
