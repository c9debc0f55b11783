//! Sends a request over a new connection (docs/local-host.md says why there is no pool), with the component's
//! TLS configuration and time-outs.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody};

/// The time-out, in Spin and wasmtime, of a component that sets none.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Must be polled while the response body is read.
pub(super) type Connection = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// `request` must have an absolute URI.
pub(super) async fn send(
    mut request: Request<WasiBody>,
    options: RequestOptions,
    tls: Arc<ClientConfig>,
) -> Result<(Response<WasiBody>, Connection)> {
    let connect_timeout = options.connect_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let first_byte_timeout = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let between_bytes_timeout = options.between_bytes_timeout.unwrap_or(DEFAULT_TIMEOUT);

    let stream = timeout(connect_timeout, connect(request.uri(), tls))
        .await
        .map_err(|_| Error::ConnectionTimeout)??;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // HTTP/1.1 has only the path in the request line, and the host in a header.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Uri::from).unwrap_or_default();

    let mut connection = Box::pin(connection);
    let mut connection_ended = false;
    let response = timeout(first_byte_timeout, sender.send_request(request));
    let mut response = std::pin::pin!(response);
    // The connection makes progress only while it is polled.
    let response = tokio::select! {
        response = response.as_mut() => response,
        result = connection.as_mut() => {
            result?;
            connection_ended = true;
            response.await
        }
    };
    let response = response.map_err(|_| Error::ConnectionReadTimeout)??;
    let body = |incoming| {
        ResponseBody { incoming, between_bytes_timeout, pending_timeout: None }.boxed_unsync()
    };
    let remaining = async move {
        match connection_ended {
            true => Ok(()),
            false => connection.await.map_err(Error::from),
        }
    };
    Ok((response.map(body), Box::new(remaining)))
}

async fn connect(
    uri: &Uri,
    tls: Arc<ClientConfig>,
) -> Result<Either<TcpStream, TlsStream<TcpStream>>> {
    let is_https = uri.scheme() == Some(&Scheme::HTTPS);
    let host = uri.host().ok_or(Error::HttpRequestUriInvalid)?;
    let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
    let address = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((address, port)).await.map_err(Error::Connect)?;
    // Without it requests are slower, but work.
    let _ = stream.set_nodelay(true);
    if !is_https {
        return Ok(Either::Left(stream));
    }
    let name =
        ServerName::try_from(address.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
    let connector = TlsConnector::from(tls);
    Ok(Either::Right(connector.connect(name, stream).await.map_err(Error::Tls)?))
}

/// A response body with the component's time-out between bytes.
struct ResponseBody {
    incoming: Incoming,
    between_bytes_timeout: Duration,
    /// Runs while data is awaited from the server, but not while the component does not read.
    pending_timeout: Option<Pin<Box<Sleep>>>,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            self.pending_timeout = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        let duration = self.between_bytes_timeout;
        let sleep = || Box::pin(tokio::time::sleep(duration));
        let pending_timeout = self.pending_timeout.get_or_insert_with(sleep);
        pending_timeout.as_mut().poll(cx).map(|()| Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
