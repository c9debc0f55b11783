//! An application that is served: routes requests to its components.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::{Authority, Scheme};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::ProxyHandler;

use crate::allowed_hosts::component_from_host;
use crate::chaining::Application;
use crate::console::ConsoleWriter;
use crate::counts::{self, Counters};
use crate::headers;
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

pub(crate) struct Host {
    pub addr: SocketAddr,
    /// The JSON of `/.well-known/spin/info`.
    pub info: String,
    pub routes: Router<RouteTarget>,
    pub components: BTreeMap<String, ProxyHandler<ComponentHandler>>,
    pub counters: Arc<Counters>,
    pub console: ConsoleWriter,
}

impl Host {
    /// Handles a client's request, and logs it.
    pub async fn handle(
        &self,
        request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let start = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_string());
        counts::add(&self.counters.requests, 1);
        let response = self.route_request(request, client).await;
        self.console.print(&format!(
            "{method} {path} {} {} ms",
            response.status().as_u16(),
            start.elapsed().as_millis()
        ));
        response
    }

    async fn route_request(
        &self,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let path = request.uri().path();
        match path.strip_prefix(WELL_KNOWN_PREFIX) {
            Some("health") => return text_response(StatusCode::OK, "OK"),
            Some("info") => return json_response(self.info.clone()),
            Some(_) => return text_response(StatusCode::NOT_FOUND, ""),
            None => {}
        }
        let Some((route_match, target)) = self.routes.route(path) else {
            return text_response(StatusCode::NOT_FOUND, "");
        };
        let component = match target {
            RouteTarget::Static(response) => return static_response(response),
            RouteTarget::Component(id) => id,
        };
        if let Err(reason) = make_uri_absolute(&mut request) {
            return text_response(StatusCode::BAD_REQUEST, reason);
        }
        let response = self.call_component(component, request, &route_match, client).await;
        response.unwrap_or_else(|| text_response(StatusCode::INTERNAL_SERVER_ERROR, ""))
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
    ) -> BoxFuture<'a, Option<Response<WasiBody>>> {
        Box::pin(async move {
            let handler = self.components.get(component)?;
            let uri = request.uri().clone();
            headers::append_spin_headers(request.headers_mut(), &uri, route_match, client);
            let response = handler.handle((), request).await;
            Some(response.unwrap_or_else(|error| {
                self.console.print(&format!("[{component}] no response: {error:#}"));
                text_response(StatusCode::INTERNAL_SERVER_ERROR, "")
            }))
        })
    }
}

/// A component receives an absolute URI. Its authority is the client's `Host` header.
fn make_uri_absolute(request: &mut Request<WasiBody>) -> Result<(), &'static str> {
    let mut parts = request.uri().clone().into_parts();
    if request.headers().get_all(HOST).iter().count() > 1 {
        return Err("the request has more than one Host header");
    }
    let host = match request.headers().get(HOST) {
        Some(host) => {
            Some(Authority::try_from(host.as_bytes()).map_err(|_| "the Host header is invalid")?)
        }
        None => None,
    };
    let authority = match (host, parts.authority.take()) {
        (Some(host), Some(authority)) if host != authority => {
            return Err("the Host header differs from the host in the request line");
        }
        (host, authority) => host.or(authority).ok_or("the Host header is missing")?,
    };
    // Otherwise a component could take a client's request for a chained call.
    if component_from_host(&authority.host().to_ascii_lowercase()).is_some() {
        return Err("the Host header must not be an internal name");
    }
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "the request line has no path")?;
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
