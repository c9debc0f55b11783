//! Spin's request headers about route and client. Like Spin, the host appends them: `spin-*` headers that a
//! client sends are kept, before these.

use std::net::SocketAddr;

use http::header::{HOST, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{HeaderMap, Uri};

use crate::routes::RouteMatch;

/// The host in `spin-full-url` is that of the header, as in Spin. An HTTP/2 client does not send this header.
pub fn append_spin_headers(
    headers: &mut HeaderMap,
    uri: &Uri,
    route_match: &RouteMatch,
    client: SocketAddr,
) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let path = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let full_url = format!("{}://{host}{path}", uri.scheme_str().unwrap_or("http"));
    let mut add = |name: &str, value: &str| {
        // A path can contain bytes that are invalid in a header.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    };
    add("spin-path-info", &route_match.path_info);
    add("spin-full-url", &full_url);
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
