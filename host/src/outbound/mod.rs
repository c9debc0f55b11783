//! Requests that components send: to the network as far as
//! `allowed_outbound_hosts` goes, to other components of the application
//! (`http://<component>.spin.internal`) without leaving the process.

mod network;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::header::{HOST, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

use crate::allowed_hosts::{SELF_HOST, chained_component, entry_for};
use crate::counts;
use crate::host::Host;
use crate::instance::Setup;
use crate::routes::Found;

/// The client's address in a call from another component, as in Spin.
const CHAINED_CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// What Spin and wasmtime take where a component sets no time-out.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Drives the connection on while the body is read.
type Connection = Box<dyn Future<Output = Result<(), Error>> + Send>;

pub(crate) struct Outbound {
    pub setup: Arc<Setup>,
    pub host: Weak<Host>,
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _fut: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Connection)>> + Send> {
        let (setup, host) = (self.setup.clone(), self.host.clone());
        Box::new(async move { send(&setup, host, request, options.unwrap_or_default()).await })
    }

    fn p3_error_from_tls(&mut self, error: &io::Error) -> ErrorCode {
        // How rustls begins whatever it says about the other side's certificate.
        match error.to_string().starts_with("invalid peer certificate") {
            true => ErrorCode::TlsCertificateError,
            false => ErrorCode::TlsProtocolError,
        }
    }
}

async fn send(
    setup: &Setup,
    host: Weak<Host>,
    mut request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, Connection)> {
    if !setup.allowed_hosts.allow(request.uri()) {
        counts::add(&setup.counters.refused, 1);
        let entry = entry_for(request.uri());
        setup.lines.print(&format!(
            "[{}] a request to {entry} was refused: add {entry:?} to the component's \
             allowed_outbound_hosts in spin.toml",
            setup.id
        ));
        return Err(Error::HttpRequestDenied);
    }
    let host = host.upgrade().ok_or(Error::ConnectionTerminated)?;
    if let Some(component) = chained_component(request.uri()).map(str::to_string) {
        counts::add(&setup.counters.chained, 1);
        let found = Found::chained(request.uri().path());
        let first_byte = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
        let response = host.call(&component, request, &found, CHAINED_CLIENT);
        return match tokio::time::timeout(first_byte, response).await {
            Ok(Some(response)) => Ok((response, Box::new(async { Ok(()) }))),
            Ok(None) => {
                setup.lines.print(&format!(
                    "[{}] there is no component {component:?} to be called",
                    setup.id
                ));
                Err(Error::DestinationNotFound)
            }
            Err(_) => Err(Error::ConnectionReadTimeout),
        };
    }
    counts::add(&setup.counters.outbound, 1);
    if request.uri().host() == Some(SELF_HOST) {
        to_own_address(&mut request, host.addr)?;
    }
    // Not held during the request: a host that stops must not wait for it.
    drop(host);
    let entry = entry_for(request.uri());
    let sent = network::send(request, options, &setup.tls).await;
    if let Err(error) = &sent {
        // The component learns a code only; whoever sits at the console, the reason.
        setup.lines.print(&format!("[{}] a request to {entry} failed: {error}", setup.id));
    }
    sent
}

fn to_own_address(request: &mut Request<WasiBody>, addr: SocketAddr) -> Result<()> {
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
