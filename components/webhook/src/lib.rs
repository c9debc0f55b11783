//! Receives GitHub's webhooks. `receive.rs` has the only public route.

mod receive;
mod settings;

use http::Method;
use nokube_domain::access::AccessPolicy;
use nokube_edge::{
    BoxBody, Call, Reply, Request, Response, Result, Route, readiness, serve_unauthenticated,
};

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/webhooks/github", AccessPolicy::Signature, |c| {
        Box::pin(receive::receive(c))
    }),
    // Reached by chaining only: `spin.toml` gives it no public path.
    Route::new(Method::GET, "/ready", AccessPolicy::Public, |c| Box::pin(ready(c))),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve_unauthenticated("webhook", ROUTES, request).await
}

/// `GET /ready`: errors in this component's settings.
async fn ready(_: Call) -> Result<Reply> {
    readiness::settings(settings::Settings::load().await)
}
