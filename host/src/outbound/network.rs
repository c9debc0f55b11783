//! One request over the network: a connection of its own (see
//! docs/local-host.md for why there is no pool), TLS as the component has it,
//! and the component's time-outs at every step.

use std::pin::Pin;
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
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody};

use super::{Connection, DEFAULT_TIMEOUT};
use crate::tls::ComponentTls;

/// `request` has a complete URI.
pub(super) async fn send(
    mut request: Request<WasiBody>,
    options: RequestOptions,
    tls: &ComponentTls,
) -> Result<(Response<WasiBody>, Connection)> {
    let connect_timeout = options.connect_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let first_byte_timeout = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let between_bytes = options.between_bytes_timeout.unwrap_or(DEFAULT_TIMEOUT);

    let stream = timeout(connect_timeout, connect(request.uri(), tls))
        .await
        .map_err(|_| Error::ConnectionTimeout)??;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // A server is sent the path only; the host is in its header.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Uri::from).unwrap_or_default();

    let mut connection = Box::pin(connection);
    let mut ended = false;
    let answer = timeout(first_byte_timeout, sender.send_request(request));
    let mut answer = std::pin::pin!(answer);
    // The connection moves only as long as it is asked to.
    let answer = tokio::select! {
        answer = answer.as_mut() => answer,
        end = connection.as_mut() => {
            end?;
            ended = true;
            answer.await
        }
    };
    let response = answer.map_err(|_| Error::ConnectionReadTimeout)??;
    let body = |incoming| ResponseBody { incoming, between_bytes, waiting: None }.boxed_unsync();
    let rest = async move {
        match ended {
            true => Ok(()),
            false => connection.await.map_err(Error::from),
        }
    };
    Ok((response.map(body), Box::new(rest)))
}

async fn connect(uri: &Uri, tls: &ComponentTls) -> Result<Either<TcpStream, TlsStream<TcpStream>>> {
    let secure = uri.scheme() == Some(&Scheme::HTTPS);
    let host = uri.host().ok_or(Error::HttpRequestUriInvalid)?;
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let address = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((address, port)).await.map_err(Error::Connect)?;
    // Where it cannot be set, requests are only slower.
    let _ = stream.set_nodelay(true);
    if !secure {
        return Ok(Either::Left(stream));
    }
    let name =
        ServerName::try_from(address.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
    let connector = TlsConnector::from(tls.config(host));
    Ok(Either::Right(connector.connect(name, stream).await.map_err(Error::Tls)?))
}

/// A response's body, which may not keep the component waiting too long.
struct ResponseBody {
    incoming: Incoming,
    between_bytes: Duration,
    /// Runs only while there is nothing to hand on: a component may take its time.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        let between_bytes = self.between_bytes;
        let sleep = || Box::pin(tokio::time::sleep(between_bytes));
        let waiting = self.waiting.get_or_insert_with(sleep);
        waiting.as_mut().poll(cx).map(|()| Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
