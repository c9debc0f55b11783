//! Projects, their members and audit logs; `/health`, `/ready` and `/metrics`.
//!
//! It reads the store and calls the other components, and reaches no host outside the platform. The table
//! below lists every route with the access that it requires.

mod routes;
mod settings;

use http::Method;
use nokube_domain::{
    access::{AccessPolicy, Role},
    rate_limit::RateLimit,
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, serve};
use routes::{
    health, metrics,
    projects::{audit, change, create, delete, list, members, read},
    ready,
};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const OWNER: AccessPolicy = AccessPolicy::Role(Role::Owner, Scope::Account);
/// Members may remove themselves; the handler lets only the owner remove others.
const MEMBER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Account);
const AUDIT: AccessPolicy = AccessPolicy::RoleOrAdministrator(Role::Owner);

const ROUTES: &[Route] = &[
    Route::new(Method::POST, "/api/v1/projects", AccessPolicy::SignedIn(Scope::Account), |c| {
        Box::pin(create::create(c))
    }),
    Route::new(Method::GET, "/api/v1/projects", AccessPolicy::SignedIn(Scope::Read), |c| {
        Box::pin(list::list(c))
    }),
    Route::new(Method::GET, "/api/v1/projects/{project}", VIEWER, |c| Box::pin(read::read(c))),
    Route::new(Method::PATCH, "/api/v1/projects/{project}", OWNER, |c| Box::pin(change::change(c))),
    Route::new(Method::DELETE, "/api/v1/projects/{project}", OWNER, |c| {
        Box::pin(delete::delete(c))
    }),
    Route::new(Method::GET, "/api/v1/projects/{project}/members", VIEWER, |c| {
        Box::pin(members::list(c))
    }),
    Route::new(Method::PUT, "/api/v1/projects/{project}/members/{username}", OWNER, |c| {
        Box::pin(members::put(c))
    })
    .rate_limit(RateLimit::Members),
    Route::new(Method::DELETE, "/api/v1/projects/{project}/members/{username}", MEMBER, |c| {
        Box::pin(members::remove(c))
    })
    .revokes_access(),
    Route::new(Method::GET, "/api/v1/projects/{project}/audit", AUDIT, |c| {
        Box::pin(audit::audit(c))
    }),
    Route::new(Method::GET, "/health", AccessPolicy::Public, |c| Box::pin(health::health(c))),
    Route::new(Method::GET, "/ready", AccessPolicy::Public, |c| Box::pin(ready::ready(c))),
    Route::new(Method::GET, "/metrics", AccessPolicy::Administrator(Scope::Metrics), |c| {
        Box::pin(metrics::metrics(c))
    })
    .rate_limit(RateLimit::Logs),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("platform", ROUTES, request).await
}
