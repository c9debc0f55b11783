//! Security headers that every response carries.

use super::reply::Reply;
use crate::auth::AuthSettings;

/// The policy for responses that are not pages: nothing in them may run or be embedded.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

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
    reply.header("strict-transport-security", "max-age=31536000")
}

/// Forbids caching (unless the reply says otherwise), content sniffing and framing.
pub fn add_defaults(reply: Reply) -> Reply {
    reply
        .default_header("cache-control", "no-store")
        .default_header("content-security-policy", CONTENT_SECURITY_POLICY)
        .header("x-content-type-options", "nosniff")
        .header("x-frame-options", "DENY")
        .header("referrer-policy", "no-referrer")
        .header("cross-origin-resource-policy", "same-origin")
}
