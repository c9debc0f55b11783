//! Builds: the only component that starts workflows at GitHub and asks the image registry.
//!
//! The table below lists every route with the access that it requires.

mod github;
mod resume;
mod routes;
mod settings;
mod status;

use nokube_domain::{
    access::{AccessPolicy, Role},
    rate_limit::RateLimit,
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, internal_route, route, serve};
use routes::{cancel, create, list, logs, read, ready, request, retry};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const DEVELOPER: AccessPolicy = AccessPolicy::Role(Role::Developer, Scope::Build);

pub const ROUTES: &[Route] = &[
    route!(POST, "/api/v1/builds", DEVELOPER, create::create).rate_limit(RateLimit::Builds),
    route!(GET, "/api/v1/builds", VIEWER, list::of_caller),
    route!(GET, "/api/v1/projects/{project}/builds", VIEWER, list::of_project),
    route!(GET, "/api/v1/builds/{build}", VIEWER, read::read),
    route!(DELETE, "/api/v1/builds/{build}", DEVELOPER, cancel::cancel)
        .rate_limit(RateLimit::Builds),
    // For those who can build again: it holds build arguments and a pasted Dockerfile.
    route!(GET, "/api/v1/builds/{build}/request", DEVELOPER, request::request),
    route!(POST, "/api/v1/builds/{build}/retry", DEVELOPER, retry::retry)
        .rate_limit(RateLimit::Builds),
    route!(GET, "/api/v1/builds/{build}/logs", VIEWER, logs::logs).rate_limit(RateLimit::Logs),
    internal_route!(GET, "/ready", ready::settings),
    internal_route!(GET, "/ready/github", ready::github),
    internal_route!(GET, "/ready/registry", ready::registry),
];

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Response<BoxBody> {
    serve("builds", ROUTES, request).await
}
