//! Projects and builds: asks GitHub for builds and tells how they go.
//!
//! The table below is every route, with what it demands of its caller; each handler is a file.

mod builds;
mod github;
mod metrics;
mod projects;
mod ready;
mod settings;

use http::Method;
use nokube_domain::{
    access::{Demand, Role},
    limit::Limited,
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, serve};

const VIEWER: Demand = Demand::Role(Role::Viewer, Scope::Read);
const DEVELOPER: Demand = Demand::Role(Role::Developer, Scope::Build);

const OWNER: Demand = Demand::Role(Role::Owner, Scope::Account);
/// Whoever is not the owner may take nobody out but themselves.
const LEAVE: Demand = Demand::Role(Role::Viewer, Scope::Account);
const AUDIT: Demand = Demand::RoleOrAdministrator(Role::Owner);

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/builds", DEVELOPER, |c| Box::pin(builds::create::create(c)))
        .limited(Limited::Builds),
    Route::new(Method::GET, "/api/v1/builds", VIEWER, |c| Box::pin(builds::list::of_caller(c))),
    Route::new(Method::GET, "/api/v1/builds/{build}", VIEWER, |c| Box::pin(builds::read::read(c))),
    Route::new(Method::DELETE, "/api/v1/builds/{build}", DEVELOPER, |c| {
        Box::pin(builds::cancel::cancel(c))
    })
    .limited(Limited::Builds),
    Route::new(Method::POST, "/api/v1/builds/{build}/retry", DEVELOPER, |c| {
        Box::pin(builds::retry::retry(c))
    })
    .limited(Limited::Builds),
    // Arguments and a pasted Dockerfile are for those who can build again.
    Route::new(Method::GET, "/api/v1/builds/{build}/request", DEVELOPER, |c| {
        Box::pin(builds::asked::asked(c))
    }),
    Route::new(Method::GET, "/api/v1/builds/{build}/logs", VIEWER, |c| {
        Box::pin(builds::logs::logs(c))
    })
    .limited(Limited::Logs),
    Route::new(Method::POST, "/api/v1/projects", Demand::SignedIn(Scope::Account), |c| {
        Box::pin(projects::create::create(c))
    }),
    Route::new(Method::GET, "/api/v1/projects", Demand::SignedIn(Scope::Read), |c| {
        Box::pin(projects::list::list(c))
    }),
    Route::new(Method::GET, "/api/v1/projects/{project}", VIEWER, |c| {
        Box::pin(projects::read::read(c))
    }),
    Route::new(Method::PATCH, "/api/v1/projects/{project}", OWNER, |c| {
        Box::pin(projects::change::change(c))
    }),
    Route::new(Method::DELETE, "/api/v1/projects/{project}", OWNER, |c| {
        Box::pin(projects::delete::delete(c))
    }),
    Route::new(Method::GET, "/api/v1/projects/{project}/members", VIEWER, |c| {
        Box::pin(projects::members::list(c))
    }),
    Route::new(Method::PUT, "/api/v1/projects/{project}/members/{username}", OWNER, |c| {
        Box::pin(projects::members::put(c))
    })
    .limited(Limited::Members),
    Route::new(Method::DELETE, "/api/v1/projects/{project}/members/{username}", LEAVE, |c| {
        Box::pin(projects::members::remove(c))
    })
    .takes_access_away(),
    Route::new(Method::GET, "/api/v1/projects/{project}/audit", AUDIT, |c| {
        Box::pin(projects::audit::audit(c))
    }),
    Route::new(Method::GET, "/api/v1/projects/{project}/builds", VIEWER, |c| {
        Box::pin(builds::list::of_project(c))
    }),
    Route::new(Method::GET, "/health", Demand::Public, |c| Box::pin(ready::health(c))),
    Route::new(Method::GET, "/ready", Demand::Public, |c| Box::pin(ready::ready(c))),
    Route::new(Method::GET, "/metrics", Demand::Administrator(Scope::Metrics), |c| {
        Box::pin(metrics::metrics(c))
    })
    .limited(Limited::Logs),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("builds", ROUTES, request).await
}
