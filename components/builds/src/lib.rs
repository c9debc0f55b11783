//! Projects and builds: asks GitHub for builds and tells how they go.
//!
//! The table below is every route, with what it demands of its caller; each handler is a file.

mod builds;
mod github;
mod projects;
mod ready;
mod settings;

use http::Method;
use nokube_domain::access::{Demand, Role};
use nokube_edge::{BoxBody, Request, Response, Route, serve};

const VIEWER: Demand = Demand::Role(Role::Viewer);
const DEVELOPER: Demand = Demand::Role(Role::Developer);

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/builds", DEVELOPER, |c| Box::pin(builds::create::create(c))),
    Route::new(Method::GET, "/api/v1/builds", VIEWER, |c| Box::pin(builds::list::of_caller(c))),
    Route::new(Method::GET, "/api/v1/builds/{build}", VIEWER, |c| Box::pin(builds::read::read(c))),
    Route::new(Method::DELETE, "/api/v1/builds/{build}", DEVELOPER, |c| {
        Box::pin(builds::cancel::cancel(c))
    }),
    Route::new(Method::POST, "/api/v1/builds/{build}/retry", DEVELOPER, |c| {
        Box::pin(builds::retry::retry(c))
    }),
    Route::new(Method::GET, "/api/v1/builds/{build}/logs", VIEWER, |c| {
        Box::pin(builds::logs::logs(c))
    }),
    Route::new(Method::POST, "/api/v1/projects", Demand::SignedIn, |c| {
        Box::pin(projects::create::create(c))
    }),
    Route::new(Method::GET, "/api/v1/projects", Demand::SignedIn, |c| {
        Box::pin(projects::list::list(c))
    }),
    Route::new(Method::GET, "/api/v1/projects/{project}", VIEWER, |c| {
        Box::pin(projects::read::read(c))
    }),
    Route::new(Method::GET, "/api/v1/projects/{project}/builds", VIEWER, |c| {
        Box::pin(builds::list::of_project(c))
    }),
    Route::new(Method::GET, "/health", Demand::Public, |c| Box::pin(ready::health(c))),
    Route::new(Method::GET, "/ready", Demand::Public, |c| Box::pin(ready::ready(c))),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("builds", ROUTES, request).await
}
