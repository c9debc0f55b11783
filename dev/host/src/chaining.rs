//! Service chaining: what a component's outbound requests need of the application.

use std::net::SocketAddr;

use futures::future::BoxFuture;
use http::{Request, Response};
use wasmtime_wasi_http::WasiBody;

use crate::host_calls::RequestLimit;
use crate::routes::RouteMatch;

/// The application of a component. A trait, so that the code of one component does not depend on the host that
/// runs all of them.
pub(crate) trait Application: Send + Sync {
    /// The address that the application listens on.
    fn addr(&self) -> SocketAddr;

    /// `None` if there is no such component. If the component fails, the response is a 500.
    fn call_component<'a>(
        &'a self,
        component: &'a str,
        request: Request<WasiBody>,
        route_match: &'a RouteMatch,
        client: SocketAddr,
        limit: RequestLimit,
    ) -> BoxFuture<'a, Option<Response<WasiBody>>>;
}
