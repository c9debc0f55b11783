//! Takes GitHub's webhooks. See `github.rs` for the one route that matters.

mod github;
mod settings;

use http::{Method, StatusCode};
use nokube_domain::access::Demand;
use nokube_edge::{BoxBody, Call, Reply, Request, Response, Result, Route, serve_servers};
use serde_json::json;

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/webhooks/github", Demand::Signature, |call| {
        Box::pin(github::receive(call))
    }),
    // Reached by chaining only: `spin.toml` gives it no public path.
    Route::new(Method::GET, "/ready", Demand::Public, |call| Box::pin(ready(call))),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve_servers("webhook", ROUTES, request).await
}

/// What is wrong with the settings, for the component that answers `/ready`.
async fn ready(_: Call) -> Result<Reply> {
    let faults = match settings::Settings::read().await {
        Ok(_) => Vec::new(),
        Err(not_set_up) => not_set_up.0,
    };
    Ok(Reply::json(StatusCode::OK, &json!({ "faults": faults })))
}
