//! Deployments: the only component that talks to the cluster.
//!
//! The table of routes is below, with the access policy of each. A route that changes a deployment stores
//! a new revision (`revise`), which `reconcile` applies; a read (`status`) reconciles what was
//! interrupted. Manifests and errors of the API server are pure functions of the crate `nokube-kube`.

mod address;
mod cluster;
mod custom_domain;
mod deployment;
mod image;
mod quota;
mod reconcile;
mod revise;
mod routes;
mod secrets;
mod services;
mod settings;
mod status;

use http::Method;
use nokube_domain::{
    access::{AccessPolicy, Role},
    rate_limit::RateLimit,
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, serve};
use routes::{
    change, create, delete, events, list, logs, manifests, read, ready, revisions, rollback,
};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const DEVELOPER: AccessPolicy = AccessPolicy::Role(Role::Developer, Scope::Deploy);

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/deploy", DEVELOPER, |c| Box::pin(create::create(c)))
        .rate_limit(RateLimit::Deploys),
    Route::new(Method::GET, "/api/v1/projects/{project}/deployments", VIEWER, |c| {
        Box::pin(list::list(c))
    }),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}", VIEWER, |c| {
        Box::pin(read::read(c))
    }),
    Route::new(Method::DELETE, "/api/v1/deployments/{deployment}", DEVELOPER, |c| {
        Box::pin(delete::delete(c))
    })
    .rate_limit(RateLimit::Removals),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/manifests", VIEWER, |c| {
        Box::pin(manifests::manifests(c))
    }),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/logs", VIEWER, |c| {
        Box::pin(logs::logs(c))
    })
    .rate_limit(RateLimit::Logs),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/events", VIEWER, |c| {
        Box::pin(events::events(c))
    }),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/revisions", VIEWER, |c| {
        Box::pin(revisions::revisions(c))
    }),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/rollback", DEVELOPER, |c| {
        Box::pin(rollback::rollback(c))
    })
    .rate_limit(RateLimit::Deploys),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/restart", DEVELOPER, |c| {
        Box::pin(change::restart(c))
    })
    .rate_limit(RateLimit::Deploys),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/stop", DEVELOPER, |c| {
        Box::pin(change::stop(c))
    })
    .rate_limit(RateLimit::Deploys),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/start", DEVELOPER, |c| {
        Box::pin(change::start(c))
    })
    .rate_limit(RateLimit::Deploys),
    // Private: `spin.toml` gives them no public path, so only other components reach them.
    Route::new(Method::GET, "/ready", AccessPolicy::Public, |c| Box::pin(ready::settings(c))),
    Route::new(Method::GET, "/ready/cluster", AccessPolicy::Public, |c| {
        Box::pin(ready::cluster(c))
    }),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("deploy", ROUTES, request).await
}
