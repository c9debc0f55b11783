//! Records every request of a simulation and injects faults.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;

use super::fault::{self, Fault};
use super::recorded::{RecordedRequest, RecordedResponse, body_value, headers_without_credentials};
use super::server::ConnectionCut;

const MAX_REQUEST_BYTES: usize = 3 << 20;

/// Older requests are removed, because a simulation may run for weeks.
const MAX_REQUESTS: usize = 10_000;

/// The queue of faults and the log of requests.
#[derive(Default)]
pub struct Interceptor {
    state: Mutex<State>,
    /// Whether the log has whole responses.
    records_responses: bool,
}

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    /// The newest requests, each with its number.
    requests: VecDeque<(u64, RecordedRequest)>,
    received: u64,
}

impl Interceptor {
    pub fn new(records_responses: bool) -> Self {
        Self { records_responses, ..Self::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add_fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.iter().map(|(_, request)| request.clone()).collect()
    }

    pub fn clear_requests(&self) {
        self.state().requests.clear();
    }

    /// Passes a request to `handle`, recorded and with the fault that matches it. `auth_kind` names
    /// the kind of its credentials from its headers and its path.
    pub async fn intercept<F: Future<Output = Response>>(
        &self,
        received_at: Timestamp,
        auth_kind: impl FnOnce(&HeaderMap, &str) -> &'static str,
        request: Request,
        handle: impl FnOnce(axum::http::Request<Bytes>) -> F,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_REQUEST_BYTES).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let request = axum::http::Request::from_parts(parts, body);
        let path = path_and_query(&request);
        let auth = auth_kind(request.headers(), &path);
        let (number, fault) = self.record(received_at, auth, path, &request);
        let response = match fault {
            None => handle(request).await,
            Some(fault) => faulty_response(fault, request, handle).await,
        };
        if response.extensions().get::<ConnectionCut>().is_some() {
            return response;
        }
        let (response, recorded) = match self.records_responses {
            true => copied(response).await,
            false => (response, None),
        };
        let mut state = self.state();
        let found = state.requests.iter_mut().rev().find(|(found, _)| *found == number);
        if let Some((_, request)) = found {
            request.status = Some(response.status().as_u16());
            request.response = recorded;
        }
        response
    }

    /// Returns the request's number in the log and the fault that matches it.
    fn record(
        &self,
        received_at: Timestamp,
        auth: &'static str,
        path: String,
        request: &axum::http::Request<Bytes>,
    ) -> (u64, Option<Fault>) {
        // This body holds a client secret or a sign-in code.
        let has_secret_body = path.starts_with("/login/oauth/access_token");
        let body =
            if has_secret_body { serde_json::Value::Null } else { body_value(request.body()) };
        let mut state = self.state();
        let fault = fault::take_matching(&mut state.faults, request.method().as_str(), &path);
        let request = RecordedRequest {
            received_at,
            method: request.method().to_string(),
            path,
            auth,
            headers: headers_without_credentials(request.headers()),
            body,
            status: None,
            is_faulted: fault.is_some(),
            response: None,
        };
        state.received += 1;
        let number = state.received;
        state.requests.push_back((number, request));
        if state.requests.len() > MAX_REQUESTS {
            state.requests.pop_front();
        }
        (number, fault)
    }
}

async fn faulty_response<F: Future<Output = Response>>(
    fault: Fault,
    request: axum::http::Request<Bytes>,
    handle: impl FnOnce(axum::http::Request<Bytes>) -> F,
) -> Response {
    let delay = tokio::time::sleep(Duration::from_millis(fault.delay_ms));
    let real = if fault.after_handling {
        let real = handle(request).await;
        delay.await;
        Some(real)
    } else {
        delay.await;
        let is_replaced = fault.drop_connection || fault.status.is_some();
        if is_replaced { None } else { Some(handle(request).await) }
    };
    let response = response_of(&fault, real);
    if fault.truncate_body { truncated(response).await } else { response }
}

/// Keeps the length of the response's body in its header, but sends only half of the body.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
    parts.extensions.insert(ConnectionCut::InBody);
    let first_half = body.slice(..body.len() / 2);
    let error = async {
        // Lets the first half reach the client before the connection is closed.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::other("connection closed by an injected fault"))
    };
    let stream = futures::stream::once(async { Ok(first_half) }).chain(error.into_stream());
    Response::from_parts(parts, Body::from_stream(stream))
}

/// The response, and a copy of it for the log.
async fn copied(response: Response) -> (Response, Option<RecordedResponse>) {
    let (parts, body) = response.into_parts();
    let headers = headers_without_credentials(&parts.headers);
    match to_bytes(body, usize::MAX).await {
        Ok(body) => {
            let copy = RecordedResponse { headers, body: body.clone() };
            (Response::from_parts(parts, body.into()), Some(copy))
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR.into_response(), None),
    }
}

pub fn path_and_query<B>(request: &axum::http::Request<B>) -> String {
    request.uri().path_and_query().map_or_else(String::new, ToString::to_string)
}

/// What the client gets: no response, the fault's own, or the real one.
fn response_of(fault: &Fault, real: Option<Response>) -> Response {
    if fault.drop_connection {
        let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
        response.extensions_mut().insert(ConnectionCut::BeforeResponse);
        return response;
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
