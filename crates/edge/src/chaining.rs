//! Calls to the other components, by chaining (`http://<component>.spin.internal`).

use crate::{
    Call, Error, Reply, Result,
    outbound::{self, Timeouts},
    warn,
};
use http::{Method, Request, Response, StatusCode};
use nokube_domain::{Problem, ProblemKind, work::Progress};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The headers that identify the caller, and those that show where a cookie's request comes from.
const CALLER_HEADERS: [&str; 4] = ["authorization", "cookie", "origin", "sec-fetch-site"];

/// The body of a component's response; `None` (and a line in the log) when it does not respond.
pub async fn get(component: &str, path: &str, total: Duration) -> Option<Vec<u8>> {
    ask(Method::GET, component, path, total).await
}

/// As [`get`], for a request that changes something. It has no body and no credentials.
pub async fn post(component: &str, path: &str, total: Duration) -> Option<Vec<u8>> {
    ask(Method::POST, component, path, total).await
}

/// Asks a component to look at something, of which it may not do all now. What does not answer is asked again later.
pub async fn post_for_progress(component: &str, path: &str, total: Duration) -> Progress {
    let body = post(component, path, total).await;
    let answer = body.and_then(|body| serde_json::from_slice::<ProgressAnswer>(&body).ok());
    match answer {
        Some(ProgressAnswer { done: true }) => Progress::Done,
        Some(ProgressAnswer { done: false }) | None => Progress::Later,
    }
}

/// The response to [`post_for_progress`].
#[derive(Serialize, Deserialize)]
struct ProgressAnswer {
    /// Nothing is left to do until something changes. Otherwise it is to be called again.
    done: bool,
}

/// The response to [`post_for_progress`]: 200.
pub fn progress_reply(progress: Progress) -> Reply {
    Reply::json(StatusCode::OK, &ProgressAnswer { done: progress == Progress::Done })
}

async fn ask(method: Method, component: &str, path: &str, total: Duration) -> Option<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.method_mut() = method;
    *request.uri_mut() = uri(component, path).parse().ok()?;
    match outbound::send(request, timeouts(total)).await {
        Ok(response) => Some(response.into_body()),
        Err(error) => {
            warn(format_args!("the component {component} does not answer: {}", error.0));
            None
        }
    }
}

/// Sends a request to a component with the credentials of this call's caller. The response must be complete
/// within `total`.
///
/// # Errors
/// The component does not respond.
pub async fn send_as_caller(
    call: &Call,
    method: Method,
    component: &str,
    path: &str,
    total: Duration,
) -> Result<Response<Vec<u8>>> {
    let mut request = Request::builder();
    for name in CALLER_HEADERS {
        if let Some(value) = call.header(name) {
            request = request.header(name, value);
        }
    }
    // The audit log records the caller's address; the host's own header would give this component's.
    if let Some((header, address)) = call.address_from_proxy() {
        request = request.header(header, address);
    }
    let request = request.method(method).uri(uri(component, path)).body(Vec::new());
    let request = request.map_err(|error| Error::internal("call a component", error))?;
    let response = outbound::send(request, timeouts(total)).await;
    response.map_err(|error| error.into_error(&format!("The component {component}")))
}

/// Reads what a component has under `path`, with the caller's credentials; `None` if there is no such thing.
///
/// # Errors
/// The component does not respond; 429, if the caller has read too much; or `unexpected`, for another status than 200
/// and 404.
pub async fn read_as_caller<T: DeserializeOwned>(
    call: &Call,
    component: &str,
    path: &str,
    total: Duration,
    unexpected: impl FnOnce(StatusCode) -> Error,
) -> Result<Option<T>> {
    let response = send_as_caller(call, Method::GET, component, path, total).await?;
    match response.status() {
        StatusCode::OK => match serde_json::from_slice(response.body()) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Error::internal("read from a component", error)),
        },
        StatusCode::NOT_FOUND => Ok(None),
        StatusCode::TOO_MANY_REQUESTS => Err(too_many_reads(&response)),
        status => Err(unexpected(status)),
    }
}

/// The error when a component has counted too many reads of the caller.
fn too_many_reads(response: &Response<Vec<u8>>) -> Error {
    let seconds = retry_after(response);
    let detail =
        format!("You have read too many times in this minute. Try again in {seconds} seconds.");
    Problem::new(ProblemKind::TooMany, detail).with_retry_after(seconds).into()
}

/// The seconds after which a component admits the next request, if this response is 429.
pub fn retry_after(response: &Response<Vec<u8>>) -> u32 {
    let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(60)
}

fn timeouts(total: Duration) -> Timeouts {
    Timeouts { connect: CONNECT_TIMEOUT, idle: total, total }
}

fn uri(component: &str, path: &str) -> String {
    format!("http://{component}.spin.internal{path}")
}
