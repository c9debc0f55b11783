//! Requests to other systems: always with timeouts, and with a limit on the size of the response.

use crate::{
    error::Error,
    telemetry::{RoundTrip, propagate_headers, record_round_trip, warn},
};
use futures::{StreamExt, future::Either};
use http::Request;
use nokube_domain::{Problem, ProblemKind};
use spin_sdk::{
    http::{FullBody, Response, body::IncomingBodyExt},
    wasip3::{http::types::RequestOptions, http_compat::RequestOptionsExtension},
};
use std::{future::poll_fn, pin::pin, time::Duration};

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub connect: Duration,
    /// Until the response begins, and between its chunks.
    pub idle: Duration,
    /// For the whole exchange; used by [`send`] only.
    pub total: Duration,
}

/// The longest response that [`send`] reads.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// The suffix of the host names of other components.
const CHAINED_SUFFIX: &str = ".spin.internal";

/// There was no complete response. Holds the reason as the host reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundError(pub String);

impl OutboundError {
    /// The reason in words, for operators.
    pub fn cause(&self) -> &str {
        let causes = [
            ("TlsCertificate", "its certificate is not trusted here"),
            ("TlsProtocol", "no TLS connection could be made: is it an https address?"),
            ("Dns", "its name cannot be resolved"),
            ("ConnectionRefused", "it refuses the connection"),
            ("Timeout", "it did not answer in time"),
            ("HttpProtocol", "it does not speak HTTP: is it an https address?"),
            ("HttpRequestDenied", "it is not listed in spin.toml's allowed_outbound_hosts"),
        ];
        let cause = causes.into_iter().find(|(name, _)| self.0.contains(name));
        cause.map_or(self.0.as_str(), |(_, cause)| cause)
    }

    /// Logs it and turns it into an error that names `system` to the caller.
    pub fn into_error(self, system: &str) -> Error {
        warn(format_args!("no response from {system}: {}", self.0));
        let detail = format!("{system} does not answer. Try again in a moment.");
        Problem::new(ProblemKind::UpstreamUnavailable, detail).with_retry_after(5).into()
    }
}

/// Sends a request and returns the response as soon as it begins, with its body unread.
///
/// # Errors
/// No connection, no response in time, or a host that `spin.toml` does not allow.
pub async fn send_streaming(
    request: Request<Vec<u8>>,
    timeouts: Timeouts,
) -> Result<Response, OutboundError> {
    let options = RequestOptions::new();
    let nanos = |time: Duration| Some(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    // A host may not support one of these and keeps its own limit then; `send` limits the total as well.
    let _ = options.set_connect_timeout(nanos(timeouts.connect));
    let _ = options.set_first_byte_timeout(nanos(timeouts.idle));
    let _ = options.set_between_bytes_timeout(nanos(timeouts.idle));
    let mut request = request.map(|body| FullBody::new(bytes::Bytes::from(body)));
    request.extensions_mut().insert(RequestOptionsExtension(options));
    let is_chained = request.uri().host().is_some_and(|host| host.ends_with(CHAINED_SUFFIX));
    record_round_trip(if is_chained { RoundTrip::Chained } else { RoundTrip::Outbound });
    propagate_headers(request.headers_mut());
    let response = poll_twice(spin_sdk::http::send(request)).await;
    response.map_err(|error| OutboundError(format!("{error:?}")))
}

/// Polls `future`, and wakes the task once right after the first poll.
///
/// Sending spawns a task that writes the request's body. wit-bindgen 0.57 polls such a task only when the
/// spawning task is next woken (`Tasks::poll_next`). Nothing else may wake it before the response comes,
/// and the server may wait for the body before it responds.
async fn poll_twice<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut is_first = true;
    poll_fn(|context| {
        let poll = future.as_mut().poll(context);
        if std::mem::take(&mut is_first) && poll.is_pending() {
            context.waker().wake_by_ref();
        }
        poll
    })
    .await
}

/// Sends a request and reads the whole response.
///
/// # Errors
/// As [`send_streaming`]; or the response is cut off, too long, or takes too long.
pub async fn send(
    request: Request<Vec<u8>>,
    timeouts: Timeouts,
) -> Result<http::Response<Vec<u8>>, OutboundError> {
    let exchange = async {
        let (parts, body) = send_streaming(request, timeouts).await?.into_parts();
        let mut chunks = body.stream();
        let mut whole = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| OutboundError(format!("cut off: {error:?}")))?;
            if whole.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(OutboundError("the answer is too long".into()));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(http::Response::from_parts(parts, whole))
    };
    let timeout = spin_sdk::time::sleep(timeouts.total);
    match futures::future::select(pin!(exchange), pin!(timeout)).await {
        Either::Left((response, _)) => response,
        Either::Right(_) => Err(OutboundError("it took too long".into())),
    }
}
