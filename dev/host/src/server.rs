//! Serves client connections: HTTP/1.1, and HTTP/2 with prior knowledge, with streamed bodies.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wasmtime_wasi_http::Error;

use crate::host::{Host, InvalidRequest};

/// Limits for reading the rest of a request body that the component has not read.
const MAX_DRAIN_BYTES: u64 = 64 * 1024 * 1024;
/// A body of this size has usually arrived with the head, so the connection can be kept open without it.
const MAX_SMALL_BODY_BYTES: u64 = 8 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Signals that end a server.
#[derive(Clone, Default)]
pub(crate) struct Shutdown {
    /// Accept no more connections, and finish running requests.
    pub graceful: CancellationToken,
    /// Drop running requests.
    pub abort: CancellationToken,
    /// The connections that are open.
    pub connections: TaskTracker,
}

/// Accepts connections until the shutdown.
pub(crate) async fn accept_connections(listener: TcpListener, host: Arc<Host>, shutdown: Shutdown) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.graceful.cancelled() => return,
            () = shutdown.abort.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => {
                let connection = serve_connection(stream, client, host.clone(), shutdown.clone());
                shutdown.connections.spawn(connection);
            }
            Err(error) => {
                host.console.print(&format!("cannot accept a connection: {error}"));
                // Usually too many open files. Waits until some are closed.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    client: SocketAddr,
    host: Arc<Host>,
    shutdown: Shutdown,
) {
    // Without it, small responses on a kept-alive connection are delayed by 40 ms. They work if it cannot be
    // set.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let host = host.clone();
        async move {
            let unread = Arc::new(AtomicBool::new(false));
            let version = request.version();
            let request = request.map(|incoming| {
                RequestBody { incoming: Some(incoming), unread: unread.clone() }.boxed_unsync()
            });
            let mut response = host.handle(request, client).await?;
            if unread.load(Ordering::Relaxed) && version < Version::HTTP_2 {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, InvalidRequest>(response)
        }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // Includes errors: a client may disconnect at any time.
        _ = connection.as_mut() => return,
        () = shutdown.abort.cancelled() => return,
        () = shutdown.graceful.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = shutdown.abort.cancelled() => {}
    }
}

/// A request body. If dropped before its end, the rest is read in the background: a connection that is closed
/// with unread data is reset, and the client would not receive the response (such as a 413).
struct RequestBody {
    incoming: Option<Incoming>,
    /// Set if it is dropped before its end. The response then closes the connection, as in Spin.
    unread: Arc<AtomicBool>,
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.incoming {
            Some(incoming) => Pin::new(incoming).poll_frame(cx).map_err(Error::from),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let unread = self.incoming.take().filter(|incoming| !incoming.is_end_stream());
        let Some(incoming) = unread else { return };
        if incoming.size_hint().upper().is_none_or(|bytes| bytes > MAX_SMALL_BODY_BYTES) {
            self.unread.store(true, Ordering::Relaxed);
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(DRAIN_TIMEOUT, drain(incoming)));
        }
    }
}

async fn drain(mut incoming: Incoming) {
    let mut remaining = MAX_DRAIN_BYTES;
    while let Some(Ok(frame)) = incoming.frame().await {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        match remaining.checked_sub(length) {
            Some(rest) => remaining = rest,
            None => return,
        }
    }
}
