//! What every simulated server does around a request: remember it, and let it fail if a test
//! wants so.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;

use super::faults::{self, Fault};
use super::seen::{self, Answered, Seen, SeenLog, readable};
use crate::http::server::Cut;

const LARGEST_BODY: usize = 3 << 20;

/// The queue of faults and the requests so far.
#[derive(Default)]
pub struct Traffic {
    inner: Mutex<Inner>,
    /// Whether answers are kept whole.
    keep_answers: bool,
}

#[derive(Default)]
struct Inner {
    faults: Vec<Fault>,
    seen: SeenLog,
}

impl Traffic {
    pub fn new(keep_answers: bool) -> Self {
        Self { keep_answers, ..Self::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fault(&self, fault: Fault) {
        self.inner().faults.push(fault);
    }

    pub fn faults(&self) -> Vec<Fault> {
        self.inner().faults.clone()
    }

    pub fn clear_faults(&self) {
        self.inner().faults.clear();
    }

    pub fn requests(&self) -> Vec<Seen> {
        self.inner().seen.iter().cloned().collect()
    }

    pub fn clear_requests(&self) {
        self.inner().seen.clear();
    }

    /// Takes a request through: `auth` says which kind of credentials it has, `answer` answers.
    pub async fn carry<F: Future<Output = Response>>(
        &self,
        at: Timestamp,
        auth: impl FnOnce(&HeaderMap, &str) -> &'static str,
        request: Request,
        answer: impl FnOnce(axum::http::Request<Bytes>) -> F,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let request = axum::http::Request::from_parts(parts, body);
        let path = path_of(&request);
        let auth = auth(request.headers(), &path);
        let (number, fault) = self.remember(at, auth, path, &request);
        let response = match fault {
            None => answer(request).await,
            Some(fault) => {
                let late = tokio::time::sleep(Duration::from_millis(fault.delay_ms));
                let real = if fault.after {
                    let real = answer(request).await;
                    late.await;
                    Some(real)
                } else {
                    late.await;
                    let replaced = fault.drop_connection || fault.status.is_some();
                    if replaced { None } else { Some(answer(request).await) }
                };
                match fault.tear {
                    true => torn(fail(&fault, real)).await,
                    false => fail(&fault, real),
                }
            }
        };
        if response.extensions().get::<Cut>().is_some() {
            return response;
        }
        let (response, answer) = match self.keep_answers {
            true => kept(response).await,
            false => (response, None),
        };
        if let Some(seen) = self.inner().seen.get_mut(number) {
            seen.status = Some(response.status().as_u16());
            seen.answer = answer;
        }
        response
    }

    fn remember(
        &self,
        at: Timestamp,
        auth: &'static str,
        path: String,
        request: &axum::http::Request<Bytes>,
    ) -> (usize, Option<Fault>) {
        // What signs somebody in is not remembered.
        let is_sign_in = path.starts_with("/login/oauth/access_token");
        let mut inner = self.inner();
        let fault = faults::take(&mut inner.faults, request.method().as_str(), &path);
        let number = inner.seen.push(Seen {
            at,
            method: request.method().to_string(),
            path,
            auth,
            api_version: request.headers().get("x-github-api-version").map(seen::text),
            headers: seen::headers(request.headers()),
            body: if is_sign_in { serde_json::Value::Null } else { readable(request.body()) },
            status: None,
            faulted: fault.is_some(),
            answer: None,
        });
        (number, fault)
    }
}

/// The same answer, that promises its whole length and breaks off in the middle.
async fn torn(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
    parts.extensions.insert(Cut::InTheMiddle);
    let half = body.slice(..body.len() / 2);
    let cut = async {
        // What was sent is on its way by then.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::other("cut, as was asked for"))
    };
    let stream = futures::stream::once(async { Ok(half) }).chain(cut.into_stream());
    Response::from_parts(parts, Body::from_stream(stream))
}

/// An answer, and a copy of it.
async fn kept(response: Response) -> (Response, Option<Answered>) {
    let (parts, body) = response.into_parts();
    let headers = seen::headers(&parts.headers);
    match to_bytes(body, usize::MAX).await {
        Ok(body) => {
            let answer = Answered { headers, body: body.clone() };
            (Response::from_parts(parts, body.into()), Some(answer))
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR.into_response(), None),
    }
}

/// The path with its query.
pub fn path_of<B>(request: &axum::http::Request<B>) -> String {
    request.uri().path_and_query().map_or_else(String::new, ToString::to_string)
}

fn fail(fault: &Fault, real: Option<Response>) -> Response {
    if fault.drop_connection {
        let mut cut = StatusCode::SERVICE_UNAVAILABLE.into_response();
        cut.extensions_mut().insert(Cut::Before);
        return cut;
    }
    let Some(status) = fault.status else {
        return real.unwrap_or_else(|| StatusCode::OK.into_response());
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = match &fault.body {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    let mut response = (status, body).into_response();
    if fault.body.is_object() {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    for (name, value) in &fault.headers {
        let name = HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
