//! Spin's request headers about route and client. Like Spin, the host appends them: `spin-*` headers that a
//! client sends are kept, before these.

use std::net::SocketAddr;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Uri};

use crate::routes::RouteMatch;

/// `uri` must be absolute: it becomes `spin-full-url`.
pub fn append_spin_headers(
    headers: &mut HeaderMap,
    uri: &Uri,
    route_match: &RouteMatch,
    client: SocketAddr,
) {
    let mut add = |name: &str, value: &str| {
        // A path can contain bytes that are invalid in a header.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    };
    add("spin-path-info", &route_match.path_info);
    add("spin-full-url", &uri.to_string());
    add("spin-matched-route", &route_match.matched_route());
    add("spin-base-path", "/");
    add("spin-raw-component-route", &route_match.raw_route);
    add("spin-component-route", route_match.route_prefix());
    add("spin-client-addr", &client.to_string());
    for (name, value) in &route_match.parameters {
        let name = name.to_ascii_lowercase().replace('_', "-");
        add(&format!("spin-path-match-{name}"), value);
    }
}
