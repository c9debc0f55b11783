//! Redirects from the old names of renamed repositories.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use super::response::json_response;
use crate::github::server_state::ServerState;

/// The redirect to the number of a renamed repository; GitHub keeps the method of a change.
pub fn redirect(state: &ServerState, method: &Method, path: &str) -> Option<Response> {
    let (prefix, rest) = match path.strip_prefix("/api/v3") {
        Some(rest) => ("/api/v3", rest),
        None => ("", path),
    };
    let mut parts = rest.strip_prefix("/repos/")?.splitn(3, '/');
    let (owner, name) = (parts.next()?, parts.next()?);
    // A query belongs to the repository itself only if nothing follows its name.
    let (name, query) =
        name.split_once('?').map_or((name, None), |(name, query)| (name, Some(query)));
    let id = state.model().repositories.moved_to(&format!("{owner}/{name}"))?;
    let rest = parts.next().map(|rest| format!("/{rest}")).unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}{prefix}/repositories/{id}{rest}{query}", state.origin);
    let (status, message) = match *method {
        Method::GET | Method::HEAD => (StatusCode::MOVED_PERMANENTLY, "Moved Permanently"),
        _ => (StatusCode::TEMPORARY_REDIRECT, "Temporary Redirect"),
    };
    let docs = "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects";
    let body = json!({ "message": message, "url": location, "documentation_url": docs });
    let mut response = json_response(status, &body);
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&location).ok()?);
    Some(response)
}
