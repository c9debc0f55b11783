//! The headers by which Spin tells a component about route and client. They
//! are appended: a client can send its own `spin-*`, which then stand first.

use std::net::SocketAddr;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Uri};

use crate::routes::Found;

/// `uri` must be complete: it becomes `spin-full-url`.
pub fn append(headers: &mut HeaderMap, uri: &Uri, found: &Found, client: SocketAddr) {
    let mut add = |name: &str, value: &str| {
        // A path may hold bytes that no header takes; Spin's own headers are ASCII.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    };
    add("spin-path-info", &found.path_info);
    add("spin-full-url", &uri.to_string());
    add("spin-matched-route", &found.based_route());
    add("spin-base-path", "/");
    add("spin-raw-component-route", &found.raw_route);
    add("spin-component-route", found.route_prefix());
    add("spin-client-addr", &client.to_string());
    for (name, value) in &found.parameters {
        let name = name.to_ascii_lowercase().replace('_', "-");
        add(&format!("spin-path-match-{name}"), value);
    }
}
