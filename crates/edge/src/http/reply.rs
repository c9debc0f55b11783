//! The reply of a handler.

use super::{
    body::{BoxBody, full_body},
    conditional,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use nokube_domain::Problem;
use serde::Serialize;

/// A response that can still be changed.
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

enum Body {
    Full(Bytes),
    Stream(BoxBody),
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Room for the headers that most replies have, so that the map does not grow.
const HEADERS: usize = 16;

impl Reply {
    fn new(status: StatusCode, content_type: HeaderValue, body: Body) -> Self {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(header::CONTENT_TYPE, content_type);
        Self { status, headers, body }
    }

    /// A complete body.
    pub(super) fn full(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        Self::new(status, HeaderValue::from_static(content_type), Body::Full(body.into()))
    }

    /// `value` as JSON.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Self {
        // Fails only for maps whose keys are not strings, which responses do not have.
        Self::json_text(status, serde_json::to_vec(value).unwrap_or_default())
    }

    /// `value` as JSON, with a weak entity tag (RFC 9110, section 8.8.1): only what differs in `significant` is new to
    /// a client that polls, not for instance the time of an observation.
    pub fn json_with_weak_etag(
        status: StatusCode,
        value: &impl Serialize,
        significant: &impl Serialize,
    ) -> Self {
        let tag = conditional::etag(&serde_json::to_vec(significant).unwrap_or_default());
        Self::json(status, value).header("etag", &format!("W/{tag}"))
    }

    /// A body that is JSON already.
    pub fn json_text(status: StatusCode, json: impl Into<Bytes>) -> Self {
        Self::new(status, JSON, Body::Full(json.into()))
    }

    /// A body that is sent as it is produced.
    pub fn stream(content_type: &'static str, body: BoxBody) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Self::new(StatusCode::OK, content_type, Body::Stream(body))
    }

    pub fn text(body: impl Into<Bytes>) -> Self {
        Self::full(StatusCode::OK, "text/plain; charset=utf-8", body)
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Body::Full(Bytes::new()) }
    }

    /// A problem (RFC 9457); `path` is that of the request.
    pub fn problem(problem: &Problem, path: &str) -> Self {
        let status = StatusCode::from_u16(problem.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem.body(path)).unwrap_or_default();
        let reply = Self::full(status, "application/problem+json", body);
        let reply = match problem.retry_after {
            Some(seconds) => reply.header("retry-after", &seconds.to_string()),
            None => reply,
        };
        // Required with 405 (RFC 9110, section 15.5.6).
        let reply = match &problem.allow {
            Some(methods) => reply.header("allow", methods),
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

    /// Sets a header whose value is known beforehand.
    pub(super) fn constant(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// As [`Self::constant`], unless the header is set already.
    pub(super) fn default_constant(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.entry(name).or_insert(value);
        self
    }

    /// The reply to a request with these headers that may be conditional: with the entity tag of its body if that is
    /// JSON and has none yet, and 304 if the client has that body.
    pub(super) fn conditional(self, request: &HeaderMap) -> Self {
        let is_json = self.headers.get(header::CONTENT_TYPE) == Some(&JSON);
        match &self.body {
            Body::Full(body) if is_json && self.status == StatusCode::OK => {
                let own = self.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
                let etag = own.map_or_else(|| conditional::etag(body), str::to_owned);
                let client_has = conditional::client_has(request, &etag);
                let reply = self.header("etag", &etag);
                if client_has { reply.not_modified() } else { reply }
            }
            _ => self,
        }
    }

    /// Without the body and what describes it.
    pub(super) fn not_modified(mut self) -> Self {
        self.headers.remove(header::CONTENT_TYPE);
        Self {
            status: StatusCode::NOT_MODIFIED,
            headers: self.headers,
            body: Body::Full(Bytes::new()),
        }
    }

    /// Adds a `Set-Cookie` header.
    pub fn cookie(mut self, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(header::SET_COOKIE, value);
        }
        self
    }

    /// A complete body has a `Content-Length`: HTTP/1.1 then needs no chunks.
    pub(super) fn into_response(mut self) -> Response<BoxBody> {
        let body = match self.body {
            Body::Full(body) => {
                let has_no_length =
                    matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
                if !has_no_length {
                    self.headers.insert(header::CONTENT_LENGTH, body.len().into());
                }
                full_body(body)
            }
            Body::Stream(body) => body,
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
