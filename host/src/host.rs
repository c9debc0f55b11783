//! One run of an application: takes a request to its component.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::{Authority, Scheme};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::ProxyHandler;

use crate::allowed_hosts::component_of_host;
use crate::console::Lines;
use crate::counts::{self, Counters};
use crate::headers;
use crate::manifest::StaticResponse;
use crate::routes::{Found, Router};
use crate::workers::Workers;

const WELL_KNOWN: &str = "/.well-known/spin/";

/// What a route leads to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Component(String),
    Static(StaticResponse),
}

pub(crate) struct Host {
    pub addr: SocketAddr,
    /// What `/.well-known/spin/info` answers.
    pub info: String,
    pub routes: Router<Target>,
    pub components: BTreeMap<String, ProxyHandler<Workers>>,
    pub counters: Arc<Counters>,
    pub lines: Lines,
}

impl Host {
    /// Answers a client; there is always an answer.
    pub async fn answer(
        &self,
        request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let start = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_string());
        counts::add(&self.counters.requests, 1);
        let response = self.route(request, client).await;
        self.lines.print(&format!(
            "{method} {path} {} {} ms",
            response.status().as_u16(),
            start.elapsed().as_millis()
        ));
        response
    }

    async fn route(
        &self,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let path = request.uri().path();
        match path.strip_prefix(WELL_KNOWN) {
            Some("health") => return text(StatusCode::OK, "OK"),
            Some("info") => return json(self.info.clone()),
            Some(_) => return text(StatusCode::NOT_FOUND, ""),
            None => {}
        }
        let Some((found, target)) = self.routes.find(path) else {
            return text(StatusCode::NOT_FOUND, "");
        };
        let component = match target {
            Target::Static(response) => return fixed(response),
            Target::Component(id) => id,
        };
        if let Err(reason) = complete_uri(&mut request) {
            return text(StatusCode::BAD_REQUEST, reason);
        }
        let response = self.call(component, request, &found, client).await;
        response.unwrap_or_else(|| text(StatusCode::INTERNAL_SERVER_ERROR, ""))
    }

    /// None if there is no such component. A failing one answers 500.
    pub async fn call(
        &self,
        component: &str,
        mut request: Request<WasiBody>,
        found: &Found,
        client: SocketAddr,
    ) -> Option<Response<WasiBody>> {
        let handler = self.components.get(component)?;
        let uri = request.uri().clone();
        headers::append(request.headers_mut(), &uri, found, client);
        let answer = handler.handle((), request).await;
        Some(answer.unwrap_or_else(|error| {
            self.lines.print(&format!("[{component}] no answer: {error:#}"));
            text(StatusCode::INTERNAL_SERVER_ERROR, "")
        }))
    }
}

/// A component sees an absolute URI, whose authority is the client's `Host`.
fn complete_uri(request: &mut Request<WasiBody>) -> Result<(), &'static str> {
    let mut parts = request.uri().clone().into_parts();
    if request.headers().get_all(HOST).iter().count() > 1 {
        return Err("there is more than one Host header");
    }
    let host = match request.headers().get(HOST) {
        Some(host) => Some(
            Authority::try_from(host.as_bytes()).map_err(|_| "the Host header is not a host")?,
        ),
        None => None,
    };
    let authority = match (host, parts.authority.take()) {
        (Some(host), Some(authority)) if host != authority => {
            return Err("the Host header differs from the host in the request line");
        }
        (host, authority) => host.or(authority).ok_or("the Host header is missing")?,
    };
    // From outside, a component's internal name would pass for a call from another one.
    if component_of_host(&authority.host().to_ascii_lowercase()).is_some() {
        return Err("the Host header is an internal name");
    }
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "the request line has no path")?;
    Ok(())
}

fn body(bytes: impl Into<Bytes>) -> WasiBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

fn text(status: StatusCode, content: &'static str) -> Response<WasiBody> {
    let mut response = Response::new(body(content));
    *response.status_mut() = status;
    response
}

fn json(content: String) -> Response<WasiBody> {
    let mut response = Response::new(body(content));
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn fixed(content: &StaticResponse) -> Response<WasiBody> {
    let mut response = Response::builder().status(content.status_code);
    for (name, value) in &content.headers {
        response = response.header(name, value);
    }
    let response = response.body(body(content.body.clone()));
    response.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, ""))
}
