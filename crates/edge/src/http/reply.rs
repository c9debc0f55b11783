//! The reply of a handler.

use super::body::{BoxBody, full_body};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use nokube_domain::Problem;
use serde::Serialize;

/// A response that can still be changed.
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: BoxBody,
}

impl Reply {
    pub(super) fn new(status: StatusCode, content_type: &'static str, body: BoxBody) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body }
    }

    /// `value` as JSON.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Self {
        // Fails only for maps whose keys are not strings, which responses do not have.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::new(status, "application/json", full_body(body))
    }

    /// A body that is sent as it is produced.
    pub fn stream(content_type: &'static str, body: BoxBody) -> Self {
        Self::new(StatusCode::OK, content_type, body)
    }

    pub fn text(body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, "text/plain; charset=utf-8", full_body(body))
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: full_body(Bytes::new()) }
    }

    /// A problem (RFC 9457); `path` is that of the request.
    pub fn problem(problem: &Problem, path: &str) -> Self {
        let status = StatusCode::from_u16(problem.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem.body(path)).unwrap_or_default();
        let reply = Self::new(status, "application/problem+json", full_body(body));
        let reply = match problem.retry_after {
            Some(seconds) => reply.header("retry-after", &seconds.to_string()),
            None => reply,
        };
        match status {
            StatusCode::UNAUTHORIZED => reply.header("www-authenticate", "Bearer"),
            _ => reply,
        }
    }

    /// Sends a browser to another address.
    pub fn redirect(location: &str) -> Self {
        Self::empty(StatusCode::FOUND).header("location", location)
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// Sets a header. A value that is not valid in a header is ignored.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Sets a header unless it is set already.
    pub fn default_header(self, name: &'static str, value: &str) -> Self {
        if self.headers.contains_key(name) { self } else { self.header(name, value) }
    }

    /// Adds a `Set-Cookie` header.
    pub fn cookie(mut self, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(header::SET_COOKIE, value);
        }
        self
    }

    pub(super) fn into_response(self) -> Response<BoxBody> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
