//! Requests to other systems: always with timeouts, and with a limit on the size of the response.

use crate::{
    error::Error,
    host::{self, sleep},
    http::BoxBody,
    telemetry::{RoundTrip, propagate_headers, record_round_trip, warn},
};
use futures::{StreamExt, future::Either};
use http::{Request, Response};
use http_body_util::BodyDataStream;
use nokube_domain::{Problem, ProblemKind};
use std::{pin::pin, time::Duration};

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub connect: Duration,
    /// Until the response begins, and between its chunks.
    pub idle: Duration,
    /// For the whole exchange; used by [`send`] only.
    pub total: Duration,
}

impl Timeouts {
    /// For the API of another system.
    pub const API: Self = Self {
        connect: Duration::from_secs(3),
        idle: Duration::from_secs(8),
        total: Duration::from_secs(10),
    };
    /// For small documents and checks.
    pub const SHORT: Self =
        Self { idle: Duration::from_secs(5), total: Duration::from_secs(8), ..Self::API };
}

/// The longest response that [`send`] reads.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

const TOO_LONG: &str = "the answer is too long";

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

    /// Whether the response was longer than [`send`] reads.
    pub fn is_too_long(&self) -> bool {
        self.0 == TOO_LONG
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
    mut request: Request<Vec<u8>>,
    timeouts: Timeouts,
) -> Result<Response<BoxBody>, OutboundError> {
    let is_chained = request.uri().host().is_some_and(|host| host.ends_with(CHAINED_SUFFIX));
    record_round_trip(if is_chained { RoundTrip::Chained } else { RoundTrip::Outbound });
    propagate_headers(request.headers_mut());
    host::send(request, timeouts).await
}

/// Sends a request and reads the whole response.
///
/// # Errors
/// As [`send_streaming`]; or the response is cut off, too long, or takes too long.
pub async fn send(
    request: Request<Vec<u8>>,
    timeouts: Timeouts,
) -> Result<Response<Vec<u8>>, OutboundError> {
    let exchange = async {
        let (parts, body) = send_streaming(request, timeouts).await?.into_parts();
        let mut chunks = BodyDataStream::new(body);
        let mut whole = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| OutboundError(format!("cut off: {error}")))?;
            if whole.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(OutboundError(TOO_LONG.into()));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(Response::from_parts(parts, whole))
    };
    match futures::future::select(pin!(exchange), pin!(sleep(timeouts.total))).await {
        Either::Left((response, _)) => response,
        Either::Right(_) => Err(OutboundError("it took too long".into())),
    }
}
