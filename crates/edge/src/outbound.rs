//! Requests to others: always with time-outs, never with a body longer than expected.

use crate::{
    Failure, Response,
    scope::{self, Cost, warn},
};
use futures::{StreamExt, future::Either};
use http::Request;
use nokube_domain::ProblemKind;
use spin_sdk::{
    http::{FullBody, body::IncomingBodyExt},
    wasip3::{http::types::RequestOptions, http_compat::RequestOptionsExtension},
};
use std::{future::poll_fn, pin::pin, time::Duration};

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub connect: Duration,
    /// Until the answer begins, and between its pieces.
    pub idle: Duration,
    /// In all; for [`send`] only.
    pub total: Duration,
}

/// The most that an answer may have, in bytes.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// How the host names the other components.
const CHAINED: &str = ".spin.internal";

/// No answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer(pub String);

impl NoAnswer {
    /// Why, for operators.
    pub fn cause(&self) -> &str {
        let causes = [
            ("TlsCertificate", "its certificate is not one that is trusted here"),
            ("TlsProtocol", "no TLS connection could be made: is it https there?"),
            ("Dns", "its name leads nowhere"),
            ("ConnectionRefused", "it refuses the connection"),
            ("Timeout", "it did not answer in time"),
            ("HttpProtocol", "what answers does not speak HTTP: is it https there?"),
            ("HttpRequestDenied", "spin.toml's allowed_outbound_hosts does not have it"),
        ];
        let known = causes.into_iter().find(|(name, _)| self.0.contains(name));
        known.map_or(self.0.as_str(), |(_, cause)| cause)
    }

    /// As a problem of the system `who`.
    pub fn of(self, who: &str) -> Failure {
        warn(format_args!("no answer from {who}: {}", self.0));
        Failure::Problem(
            nokube_domain::Problem::new(
                ProblemKind::UpstreamUnavailable,
                format!("{who} does not answer. Try again in a moment."),
            )
            .retry_after(5),
        )
    }
}

/// Sends a request and returns the answer as it begins.
///
/// # Errors
/// No connection, no answer in time, or a host that `spin.toml` does not allow.
pub async fn open(request: Request<Vec<u8>>, timeouts: Timeouts) -> Result<Response, NoAnswer> {
    let options = RequestOptions::new();
    let nanos = |time: Duration| Some(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    // A host that does not know one of these keeps its own limit; `send` has another above it.
    let _ = options.set_connect_timeout(nanos(timeouts.connect));
    let _ = options.set_first_byte_timeout(nanos(timeouts.idle));
    let _ = options.set_between_bytes_timeout(nanos(timeouts.idle));
    let mut request = request.map(|body| FullBody::new(bytes::Bytes::from(body)));
    request.extensions_mut().insert(RequestOptionsExtension(options));
    let is_chained = request.uri().host().is_some_and(|host| host.ends_with(CHAINED));
    scope::count(if is_chained { Cost::Chained } else { Cost::Outbound });
    scope::pass_on(request.headers_mut());
    let sent = and_what_it_spawns(spin_sdk::http::send(request)).await;
    sent.map_err(|error| NoAnswer(format!("{error:?}")))
}

/// Sending spawns what writes the request's body. wit-bindgen 0.57 first polls it when the task next
/// wakes (`Tasks::poll_next`); beside other tasks nothing may wake this one before the answer comes,
/// which a server may hold back until it has the body. So it is woken at once.
async fn and_what_it_spawns<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut is_first = true;
    poll_fn(|context| {
        let answer = future.as_mut().poll(context);
        if std::mem::take(&mut is_first) && answer.is_pending() {
            context.waker().wake_by_ref();
        }
        answer
    })
    .await
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// As [`open`]; or the answer is cut off, too long, or takes too long.
pub async fn send(
    request: Request<Vec<u8>>,
    timeouts: Timeouts,
) -> Result<http::Response<Vec<u8>>, NoAnswer> {
    let exchange = async {
        let (parts, body) = open(request, timeouts).await?.into_parts();
        let mut pieces = body.stream();
        let mut whole = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| NoAnswer(format!("cut off: {error:?}")))?;
            if whole.len() + piece.len() > MAX_ANSWER {
                return Err(NoAnswer("the answer is too long".into()));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(http::Response::from_parts(parts, whole))
    };
    match futures::future::select(pin!(exchange), pin!(spin_sdk::time::sleep(timeouts.total))).await
    {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(NoAnswer("it took too long".into())),
    }
}
