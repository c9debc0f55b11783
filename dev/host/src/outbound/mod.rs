//! Requests that components send: to hosts in `allowed_outbound_hosts` over the network, and to other
//! components of the application (`http://<component>.spin.internal`, service chaining) in the same process.

mod network;
pub(crate) mod redis;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};

use http::header::{HOST, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

use self::network::{Connection, DEFAULT_TIMEOUT};
use crate::allowed_hosts::{SELF_HOST, chained_component, entry_for};
use crate::chaining::Application;
use crate::component::ComponentConfig;
use crate::counts;
use crate::host_calls::HostCalls;
use crate::routes::RouteMatch;

/// The client address of a chained call, as in Spin.
const CHAINED_CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

pub(crate) struct OutboundHttp {
    pub component: Arc<ComponentConfig>,
    pub application: Weak<dyn Application>,
    pub calls: HostCalls,
}

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _fut: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Connection)>> + Send> {
        let (component, application) = (self.component.clone(), self.application.clone());
        let (calls, options) = (self.calls.clone(), options.unwrap_or_default());
        Box::new(async move {
            calls.next().await;
            send(&component, application, &calls, request, options).await
        })
    }

    fn p3_error_from_tls(&mut self, error: &io::Error) -> ErrorCode {
        // The start of all rustls messages about a server's certificate.
        match error.to_string().starts_with("invalid peer certificate") {
            true => ErrorCode::TlsCertificateError,
            false => ErrorCode::TlsProtocolError,
        }
    }
}

async fn send(
    component: &ComponentConfig,
    application: Weak<dyn Application>,
    calls: &HostCalls,
    mut request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, Connection)> {
    if !component.allowed_hosts.allows(request.uri()) {
        counts::add(&component.counters.denied, 1);
        let entry = entry_for(request.uri());
        component.console.print(&format!(
            "[{}] a request to {entry} was denied: add {entry:?} to the component's \
             allowed_outbound_hosts in spin.toml",
            component.id
        ));
        return Err(Error::HttpRequestDenied);
    }
    let application = application.upgrade().ok_or(Error::ConnectionTerminated)?;
    if let Some(callee) = chained_component(request.uri()).map(str::to_string) {
        return send_chained(component, &*application, calls, &callee, request, options).await;
    }
    counts::add(&component.counters.outbound, 1);
    if request.uri().host() == Some(SELF_HOST) {
        set_own_address(&mut request, application.addr())?;
    }
    // Dropped before the request is sent, so that a stopping host does not wait for it.
    drop(application);
    let entry = entry_for(request.uri());
    let host = request.uri().host().unwrap_or_default();
    let tls = component.tls.get(&component.id, host);
    let result = network::send(request, options, tls).await;
    if let Err(error) = &result {
        // The component receives only an error code.
        component
            .console
            .print(&format!("[{}] a request to {entry} failed: {error}", component.id));
    }
    result
}

/// Calls another component of the application, in the same process.
async fn send_chained(
    component: &ComponentConfig,
    application: &dyn Application,
    calls: &HostCalls,
    callee: &str,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, Connection)> {
    counts::add(&component.counters.chained, 1);
    let route_match = RouteMatch::for_chained_call(request.uri().path());
    let first_byte_timeout = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let limit = calls.limit_of_chained();
    let response = application.call_component(callee, request, &route_match, CHAINED_CLIENT, limit);
    match tokio::time::timeout(first_byte_timeout, response).await {
        Ok(Some(response)) => Ok((response, Box::new(async { Ok(()) }))),
        Ok(None) => {
            component.console.print(&format!(
                "[{}] a request failed: the application has no component {callee:?}",
                component.id
            ));
            Err(Error::DestinationNotFound)
        }
        Err(_) => Err(Error::ConnectionReadTimeout),
    }
}

/// Sends a request for `http://self` to the address that the application listens on.
fn set_own_address(request: &mut Request<WasiBody>, addr: SocketAddr) -> Result<()> {
    let mut parts = request.uri().clone().into_parts();
    let authority = addr.to_string();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority =
        Some(Authority::try_from(authority.as_str()).map_err(|_| Error::HttpRequestUriInvalid)?);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)?;
    let host = HeaderValue::try_from(authority).map_err(|_| Error::HttpRequestUriInvalid)?;
    request.headers_mut().insert(HOST, host);
    Ok(())
}
