//! The reply of a handler, and bodies that are streamed.

use bytes::Bytes;
use futures::{SinkExt, StreamExt, channel::mpsc};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyDataStream, StreamBody};
use nokube_domain::Problem;
use serde::Serialize;
use spin_sdk::http::{BoxBody, FullBody, Response, box_body};

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

    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::new(StatusCode::OK, "text/plain; charset=utf-8", full_body(body.into()))
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: full_body(Vec::new()) }
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

fn full_body(body: Vec<u8>) -> BoxBody {
    box_body(FullBody::new(Bytes::from(body)))
}

/// A body that is part of the component's binary, without copying it.
pub(super) fn static_body(body: &'static [u8]) -> BoxBody {
    box_body(FullBody::new(Bytes::from_static(body)))
}

/// The body of another server's response, to be passed on.
pub fn response_body(response: Response) -> BoxBody {
    box_body(response.into_body())
}

/// The writing end of a streamed body.
pub struct BodySender(mpsc::Sender<Bytes>);

/// A streamed body and its writing end. The channel holds few chunks, so a slow reader slows the writer
/// down.
pub fn body_channel() -> (BodySender, BoxBody) {
    let (sender, receiver) = mpsc::channel::<Bytes>(8);
    let frames =
        receiver.map(|chunk| Ok::<_, std::convert::Infallible>(http_body::Frame::data(chunk)));
    (BodySender(sender), box_body(StreamBody::new(frames)))
}

impl BodySender {
    /// Sends a chunk; `false` if the reader is gone.
    pub async fn send(&mut self, chunk: impl Into<Bytes>) -> bool {
        self.0.send(chunk.into()).await.is_ok()
    }

    /// Forwards a whole log as it arrives; `false` if the reader is gone. If the log is cut off, a line
    /// says so.
    pub async fn forward(&mut self, body: BoxBody) -> bool {
        let mut chunks = BodyDataStream::new(body);
        while let Some(chunk) = chunks.next().await {
            let Ok(chunk) = chunk else {
                return self.send("\n(The log was cut off here. Load it again.)\n").await;
            };
            if !self.send(chunk).await {
                return false;
            }
        }
        true
    }
}
