//! Serves a router over HTTP/1.1, with connections that can be cut as a fault.

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Put into a response whose connection is closed before it is whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing of it is sent.
    Before,
    /// Its body ends with an error.
    InTheMiddle,
}

#[derive(Debug)]
struct WasCut;

impl std::fmt::Display for WasCut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is cut, as was asked for")
    }
}

impl std::error::Error for WasCut {}

/// Runs until it is dropped, and its connections with it.
pub async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        connections.spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = service.call(request);
                async move {
                    let Ok(response) = answer.await;
                    match response.extensions().get::<Cut>() {
                        Some(Cut::Before) => Err(WasCut),
                        Some(Cut::InTheMiddle) | None => Ok(response),
                    }
                }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
