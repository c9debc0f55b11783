//! Deployments: the only component that talks to the cluster.
//!
//! The table below is every route, with what it demands of its caller; each handler is a file.

mod apply;
mod cluster;
mod deploy;
mod deployments;
mod ground;
mod present;
mod ready;
mod remove;
mod settings;
mod sight;

use deployments::{change, delete, events, list, logs, manifests, read, revisions, rollback};
use http::Method;
use nokube_domain::{
    access::{Demand, Role},
    limit::Limited,
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, serve};

const VIEWER: Demand = Demand::Role(Role::Viewer, Scope::Read);
const DEVELOPER: Demand = Demand::Role(Role::Developer, Scope::Deploy);

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/deploy", DEVELOPER, |c| Box::pin(deploy::create::create(c)))
        .limited(Limited::Deploys),
    Route::new(Method::GET, "/api/v1/projects/{project}/deployments", VIEWER, |c| {
        Box::pin(list::list(c))
    }),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}", VIEWER, |c| {
        Box::pin(read::read(c))
    }),
    Route::new(Method::DELETE, "/api/v1/deployments/{deployment}", DEVELOPER, |c| {
        Box::pin(delete::delete(c))
    })
    .limited(Limited::Removals),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/manifests", VIEWER, |c| {
        Box::pin(manifests::manifests(c))
    }),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/logs", VIEWER, |c| {
        Box::pin(logs::logs(c))
    })
    .limited(Limited::Logs),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/events", VIEWER, |c| {
        Box::pin(events::events(c))
    }),
    Route::new(Method::GET, "/api/v1/deployments/{deployment}/revisions", VIEWER, |c| {
        Box::pin(revisions::revisions(c))
    }),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/rollback", DEVELOPER, |c| {
        Box::pin(rollback::rollback(c))
    })
    .limited(Limited::Deploys),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/restart", DEVELOPER, |c| {
        Box::pin(change::restart(c))
    })
    .limited(Limited::Deploys),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/stop", DEVELOPER, |c| {
        Box::pin(change::stop(c))
    })
    .limited(Limited::Deploys),
    Route::new(Method::POST, "/api/v1/deployments/{deployment}/start", DEVELOPER, |c| {
        Box::pin(change::start(c))
    })
    .limited(Limited::Deploys),
    // Reached by chaining only: `spin.toml` gives them no public path.
    Route::new(Method::GET, "/ready", Demand::Public, |c| Box::pin(ready::settings(c))),
    Route::new(Method::GET, "/ready/cluster", Demand::Public, |c| Box::pin(ready::cluster(c))),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("deploy", ROUTES, request).await
}
