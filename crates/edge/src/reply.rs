//! What goes out.

use crate::{BoxBody, Response};
use bytes::Bytes;
use futures::{SinkExt, StreamExt, channel::mpsc};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyDataStream, StreamBody};
use nokube_domain::Problem;
use serde::Serialize;
use spin_sdk::http::{FullBody, box_body};

/// An answer.
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: BoxBody,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: BoxBody) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body }
    }

    /// `value` as JSON.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Self {
        // Our own answers have only texts as keys, so this does not fail.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::new(status, "application/json", full(body))
    }

    /// A text, as it comes.
    pub fn stream(content_type: &'static str, body: BoxBody) -> Self {
        Self::new(StatusCode::OK, content_type, body)
    }

    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::new(StatusCode::OK, "text/plain; charset=utf-8", full(body.into()))
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: full(Vec::new()) }
    }

    /// A problem; `path` is what was asked for.
    pub fn problem(problem: &Problem, path: &str) -> Self {
        let status = StatusCode::from_u16(problem.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem.body(path)).unwrap_or_default();
        let reply = Self::new(status, "application/problem+json", full(body));
        let reply = match problem.retry_after {
            Some(seconds) => reply.header("retry-after", &seconds.to_string()),
            None => reply,
        };
        match status {
            StatusCode::UNAUTHORIZED => reply.header("www-authenticate", "Bearer"),
            _ => reply,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Adds a header; one that is no header is left out.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Adds a header, unless it is there already.
    pub fn or_header(self, name: &'static str, value: &str) -> Self {
        if self.headers.contains_key(name) { self } else { self.header(name, value) }
    }

    /// Adds a cookie, beside those that are there.
    pub fn cookie(mut self, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(header::SET_COOKIE, value);
        }
        self
    }

    /// Sends a browser elsewhere.
    pub fn redirect(to: &str) -> Self {
        Self::empty(StatusCode::FOUND).header("location", to)
    }

    pub(crate) fn into_response(self) -> Response<BoxBody> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

fn full(body: Vec<u8>) -> BoxBody {
    box_body(FullBody::new(Bytes::from(body)))
}

/// A body that is part of the component: nothing is copied.
pub(crate) fn fixed(body: &'static [u8]) -> BoxBody {
    box_body(FullBody::new(Bytes::from_static(body)))
}

/// The body of an answer that came to us, to be handed on.
pub fn incoming(response: Response) -> BoxBody {
    box_body(response.into_body())
}

/// Writes a body while it is being sent.
pub struct Sender(mpsc::Sender<Bytes>);

/// A body, and what writes it. Few pieces wait in between, so a slow reader slows the writer.
pub fn channel() -> (Sender, BoxBody) {
    let (sender, receiver) = mpsc::channel::<Bytes>(8);
    let frames =
        receiver.map(|piece| Ok::<_, std::convert::Infallible>(http_body::Frame::data(piece)));
    (Sender(sender), box_body(StreamBody::new(frames)))
}

impl Sender {
    /// Sends a piece; `false` when the reader has gone away.
    pub async fn send(&mut self, piece: impl Into<Bytes>) -> bool {
        self.0.send(piece.into()).await.is_ok()
    }

    /// Sends a whole body on as it comes; `false` when the reader has gone away. A body that is cut
    /// off is followed by a line that says so.
    pub async fn copy(&mut self, body: BoxBody) -> bool {
        let mut pieces = BodyDataStream::new(body);
        while let Some(piece) = pieces.next().await {
            let Ok(piece) = piece else {
                return self.send("\n(The log was cut off here. Load it again.)\n").await;
            };
            if !self.send(piece).await {
                return false;
            }
        }
        true
    }
}
