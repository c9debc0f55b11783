//! Serves a router over HTTP/1.1, with connections that can be closed as an injected fault.

use std::io;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A response extension: the connection is to be closed before the response is complete.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConnectionCut {
    /// Nothing of the response is sent.
    BeforeResponse,
    /// The response's body ends with an error.
    InBody,
}

/// Serves until the future is dropped, which also closes its connections.
pub async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Frees the connections that have ended.
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        connections.spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = service.call(request);
                async move {
                    let Ok(response) = response.await;
                    match response.extensions().get::<ConnectionCut>() {
                        Some(ConnectionCut::BeforeResponse) => {
                            Err(io::Error::other("closed by a fault"))
                        }
                        Some(ConnectionCut::InBody) | None => Ok(response),
                    }
                }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
