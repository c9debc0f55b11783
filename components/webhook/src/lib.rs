//! Receives GitHub's webhooks. `receive.rs` has the only public route.

mod builder;
mod receive;
mod repositories;
mod settings;

use nokube_domain::access::AccessPolicy;
use nokube_edge::{
    BoxBody, Call, Reply, Request, Response, Result, Route, internal_route, readiness, route,
    serve_unauthenticated,
};

pub const ROUTES: &[Route] = &[
    route!(POST, "/api/v1/webhooks/github", AccessPolicy::Signature, receive::receive),
    internal_route!(GET, "/ready", ready),
];

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Response<BoxBody> {
    serve_unauthenticated("webhook", ROUTES, request).await
}

/// `GET /ready`: errors in this component's settings.
async fn ready(_: Call) -> Result<Reply> {
    readiness::settings(settings::Settings::load().await)
}
