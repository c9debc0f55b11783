//! An application that is served: routes requests to its components.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use thiserror::Error;
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::ProxyHandler;

use crate::allowed_hosts::component_from_host;
use crate::body_limit;
use crate::chaining::Application;
use crate::console::ConsoleWriter;
use crate::counts::{self, Counters};
use crate::headers;
use crate::host_calls::{CallLimit, RequestLimit};
use crate::instance_reuse::ComponentHandler;
use crate::manifest::StaticResponse;
use crate::routes::{RouteMatch, Router};

const WELL_KNOWN_PREFIX: &str = "/.well-known/spin/";

/// What responds at a route.
#[derive(Debug, Clone)]
pub(crate) enum RouteTarget {
    Component(String),
    Static(StaticResponse),
}

/// Why a request cannot be handled.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct InvalidRequest(&'static str);

pub(crate) struct Host {
    pub addr: SocketAddr,
    /// The JSON of `/.well-known/spin/info`.
    pub info: String,
    pub routes: Router<RouteTarget>,
    pub components: BTreeMap<String, ProxyHandler<ComponentHandler>>,
    pub counters: Arc<Counters>,
    /// What [`Limits::calls_after_response`](crate::Limits::calls_after_response) is.
    pub calls_after_response: Option<u32>,
    /// What [`Limits::body_size`](crate::Limits::body_size) is.
    pub body_size: Option<usize>,
    pub console: ConsoleWriter,
}

impl Host {
    /// Handles a client's request, and logs it. As in Spin, an error closes the connection without a response.
    pub async fn handle(
        &self,
        request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Result<Response<WasiBody>, InvalidRequest> {
        let start = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_string());
        counts::add(&self.counters.requests, 1);
        let response = match self.body_size {
            None => self.route_request(request, client).await,
            Some(max) if body_limit::is_exceeded(&request, max) => {
                Ok(text_response(StatusCode::PAYLOAD_TOO_LARGE, ""))
            }
            Some(max) => {
                let request = request.map(|body| body_limit::of_request(body, max));
                let response = self.route_request(request, client).await;
                response.map(|response| response.map(|body| body_limit::of_response(body, max)))
            }
        };
        self.console.print(&match &response {
            Ok(response) => format!(
                "{method} {path} {} {} ms",
                response.status().as_u16(),
                start.elapsed().as_millis()
            ),
            Err(error) => format!("{method} {path} no response: {error}"),
        });
        response
    }

    async fn route_request(
        &self,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Result<Response<WasiBody>, InvalidRequest> {
        remove_internal_host(request.headers_mut());
        let path = request.uri().path();
        match path.strip_prefix(WELL_KNOWN_PREFIX) {
            Some("health") => return Ok(text_response(StatusCode::OK, "OK")),
            Some("info") => return Ok(json_response(self.info.clone())),
            Some(_) => return Ok(text_response(StatusCode::NOT_FOUND, "")),
            None => {}
        }
        let Some((route_match, target)) = self.routes.route(path) else {
            return Ok(text_response(StatusCode::NOT_FOUND, ""));
        };
        make_uri_absolute(&mut request)?;
        let component = match target {
            RouteTarget::Static(response) => return Ok(static_response(response)),
            RouteTarget::Component(id) => id,
        };
        let limit = self.calls_after_response.map(|calls| Arc::new(CallLimit::new(calls)));
        let limit = RequestLimit { limit, is_from_client: true };
        let response = self.call_component(component, request, &route_match, client, limit).await;
        Ok(response.unwrap_or_else(|| text_response(StatusCode::INTERNAL_SERVER_ERROR, "")))
    }
}

impl Application for Host {
    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn call_component<'a>(
        &'a self,
        component: &'a str,
        mut request: Request<WasiBody>,
        route_match: &'a RouteMatch,
        client: SocketAddr,
        limit: RequestLimit,
    ) -> BoxFuture<'a, Option<Response<WasiBody>>> {
        Box::pin(async move {
            let handler = self.components.get(component)?;
            if request.headers().values().any(|value| str::from_utf8(value.as_bytes()).is_err()) {
                self.console.print(&format!("[{component}] no response: a header is not UTF-8"));
                return Some(text_response(StatusCode::INTERNAL_SERVER_ERROR, ""));
            }
            let uri = request.uri().clone();
            headers::append_spin_headers(request.headers_mut(), &uri, route_match, client);
            let response = handler.handle(limit, request).await;
            Some(response.unwrap_or_else(|error| {
                self.console.print(&format!("[{component}] no response: {error:#}"));
                text_response(StatusCode::INTERNAL_SERVER_ERROR, "")
            }))
        })
    }
}

/// A client must not appear to be another component. Like Spin, the host ignores the header in this case.
fn remove_internal_host(headers: &mut HeaderMap) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| component_from_host(host).is_some()) {
        headers.remove(HOST);
    }
}

/// A component receives an absolute URI. Its authority is the client's `Host` header. As in Spin, it is the first
/// one if there are several.
fn make_uri_absolute(request: &mut Request<WasiBody>) -> Result<(), InvalidRequest> {
    let mut parts = request.uri().clone().into_parts();
    let host = request.headers().get(HOST);
    let host: Option<Authority> = match host {
        Some(host) => {
            let host = host.to_str().ok().and_then(|host| host.parse().ok());
            Some(host.ok_or(InvalidRequest("the Host header is invalid"))?)
        }
        None => None,
    };
    let authority = match (host, parts.authority.take()) {
        (Some(host), Some(authority)) if host != authority => {
            let reason = "the Host header differs from the host in the request line";
            return Err(InvalidRequest(reason));
        }
        (host, authority) => {
            host.or(authority).ok_or(InvalidRequest("it has no valid Host header"))?
        }
    };
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    let uri = Uri::from_parts(parts);
    *request.uri_mut() = uri.map_err(|_| InvalidRequest("the request line has no path"))?;
    Ok(())
}

fn body(bytes: impl Into<Bytes>) -> WasiBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

fn text_response(status: StatusCode, content: &'static str) -> Response<WasiBody> {
    let mut response = Response::new(body(content));
    *response.status_mut() = status;
    response
}

fn json_response(content: String) -> Response<WasiBody> {
    let mut response = Response::new(body(content));
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn static_response(content: &StaticResponse) -> Response<WasiBody> {
    let mut response = Response::builder().status(content.status_code.unwrap_or(200));
    for (name, value) in &content.headers {
        response = response.header(name, value);
    }
    let response = response.body(body(content.body.clone()));
    response.unwrap_or_else(|_| text_response(StatusCode::INTERNAL_SERVER_ERROR, ""))
}
