//! Builds: the only component that starts workflows at GitHub and asks the image registry.
//!
//! The table below lists every route with the access that it requires.

mod github;
mod job_logs;
mod routes;
mod settings;
mod status;

use http::Method;
use nokube_domain::{
    access::{AccessPolicy, Role},
    rate_limit::RateLimit,
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, serve};
use routes::{cancel, create, list, logs, read, ready, request, retry};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const DEVELOPER: AccessPolicy = AccessPolicy::Role(Role::Developer, Scope::Build);

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/builds", DEVELOPER, |c| Box::pin(create::create(c)))
        .rate_limit(RateLimit::Builds),
    Route::new(Method::GET, "/api/v1/builds", VIEWER, |c| Box::pin(list::of_caller(c))),
    Route::new(Method::GET, "/api/v1/builds/{build}", VIEWER, |c| Box::pin(read::read(c))),
    Route::new(Method::DELETE, "/api/v1/builds/{build}", DEVELOPER, |c| {
        Box::pin(cancel::cancel(c))
    })
    .rate_limit(RateLimit::Builds),
    Route::new(Method::POST, "/api/v1/builds/{build}/retry", DEVELOPER, |c| {
        Box::pin(retry::retry(c))
    })
    .rate_limit(RateLimit::Builds),
    // For those who can build again: it holds build arguments and a pasted Dockerfile.
    Route::new(Method::GET, "/api/v1/builds/{build}/request", DEVELOPER, |c| {
        Box::pin(request::request(c))
    }),
    Route::new(Method::GET, "/api/v1/builds/{build}/logs", VIEWER, |c| Box::pin(logs::logs(c)))
        .rate_limit(RateLimit::Logs),
    Route::new(Method::GET, "/api/v1/projects/{project}/builds", VIEWER, |c| {
        Box::pin(list::of_project(c))
    }),
    // Reached by chaining only: `spin.toml` gives them no public path.
    Route::new(Method::GET, "/ready", AccessPolicy::Public, |c| Box::pin(ready::settings(c))),
    Route::new(Method::GET, "/ready/github", AccessPolicy::Public, |c| Box::pin(ready::github(c))),
    Route::new(Method::GET, "/ready/registry", AccessPolicy::Public, |c| {
        Box::pin(ready::registry(c))
    }),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("builds", ROUTES, request).await
}
