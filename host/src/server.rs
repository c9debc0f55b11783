//! Connections from clients: HTTP/1.1, bodies handed on piece by piece.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wasmtime_wasi_http::Error;

use crate::host::Host;

/// How much of an unread body is taken in so that the client can see the answer.
const DRAIN_BYTES: u64 = 64 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// How a server ends.
#[derive(Clone, Default)]
pub(crate) struct Ending {
    /// Accept nothing more, finish what runs.
    pub close: CancellationToken,
    /// Drop what still runs.
    pub kill: CancellationToken,
    pub connections: TaskTracker,
}

/// Accepts until it is told to close.
pub(crate) async fn accept(listener: TcpListener, host: Arc<Host>, ending: Ending) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending.close.cancelled() => return,
            () = ending.kill.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => {
                let connection = serve(stream, client, host.clone(), ending.clone());
                ending.connections.spawn(connection);
            }
            Err(error) => {
                host.lines.print(&format!("a connection could not be accepted: {error}"));
                // Mostly too many open files: some must be closed first.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, client: SocketAddr, host: Arc<Host>, ending: Ending) {
    // Without it, small answers on a kept connection wait 40 ms for an acknowledgement.
    // Where it cannot be set they still arrive.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let host = host.clone();
        async move {
            let request = request.map(|incoming| RequestBody(Some(incoming)).boxed_unsync());
            Ok::<_, Infallible>(host.answer(request, client).await)
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut closing = false;
    loop {
        tokio::select! {
            // A client that breaks off is nobody's error here.
            _ = connection.as_mut() => return,
            () = ending.kill.cancelled() => return,
            () = ending.close.cancelled(), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A request's body. Dropped before its end, it reads on for a while: were the
/// connection closed with data unread, the client would get a reset in place of
/// the answer (say, a 413) that is on its way.
struct RequestBody(Option<Incoming>);

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Some(incoming) => Pin::new(incoming).poll_frame(cx).map_err(Error::from),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let unread = self.0.take().filter(|incoming| !incoming.is_end_stream());
        let runtime = tokio::runtime::Handle::try_current();
        if let (Some(incoming), Ok(runtime)) = (unread, runtime) {
            runtime.spawn(tokio::time::timeout(DRAIN_TIME, drain(incoming)));
        }
    }
}

async fn drain(mut incoming: Incoming) {
    let mut left = DRAIN_BYTES;
    while let Some(Ok(frame)) = incoming.frame().await {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
