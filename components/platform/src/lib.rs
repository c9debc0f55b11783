//! Projects, their members, invitations and audit logs; `/health`, `/live`, `/ready` and `/metrics`.
//!
//! It reads the store and calls the other components, and reaches no host outside the platform. The table
//! below lists every route with the access that it requires.

mod routes;
mod settings;

use nokube_domain::{
    access::{AccessPolicy, Role},
    rate_limit::{RateLimit, ReadCost},
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, route, serve};
use routes::{
    health, live, metrics,
    projects::{audit, change, create, delete, invitations, list, members, read},
    ready, reconcile,
};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const OWNER: AccessPolicy = AccessPolicy::Role(Role::Owner, Scope::Projects);
/// Members may remove themselves; the handler lets only the owner remove others.
const MEMBER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Projects);
/// Somebody who is invited has no role yet; the handlers look for the invitation.
const INVITED: AccessPolicy = AccessPolicy::SignedIn(Scope::Projects);
const AUDIT: AccessPolicy = AccessPolicy::RoleOrAdministrator(Role::Owner);

pub const ROUTES: &[Route] = &[
    route!(POST, "/api/v1/projects", AccessPolicy::SignedIn(Scope::Projects), create::create),
    route!(GET, "/api/v1/projects", AccessPolicy::SignedIn(Scope::Read), list::list)
        .costs(ReadCost::Page(1)),
    route!(GET, "/api/v1/projects/{project}", VIEWER, read::read),
    route!(PATCH, "/api/v1/projects/{project}", OWNER, change::change),
    route!(DELETE, "/api/v1/projects/{project}", OWNER, delete::delete),
    route!(GET, "/api/v1/projects/{project}/members", VIEWER, members::list),
    route!(PUT, "/api/v1/projects/{project}/members/{username}", OWNER, members::put)
        .rate_limit(RateLimit::Members),
    route!(DELETE, "/api/v1/projects/{project}/members/{username}", MEMBER, members::remove)
        .revokes_access(),
    route!(GET, "/api/v1/projects/{project}/audit", AUDIT, audit::audit).costs(ReadCost::Page(1)),
    route!(GET, "/api/v1/invitations", AccessPolicy::SignedIn(Scope::Read), invitations::list)
        .costs(ReadCost::Fixed(5)),
    route!(POST, "/api/v1/invitations/{project}/accept", INVITED, invitations::accept),
    route!(DELETE, "/api/v1/invitations/{project}", INVITED, invitations::decline).revokes_access(),
    route!(POST, "/api/v1/reconcile", AccessPolicy::Public, reconcile::reconcile),
    // For timers that can only send GET.
    route!(GET, "/api/v1/reconcile", AccessPolicy::Public, reconcile::reconcile_by_get),
    route!(GET, "/health", AccessPolicy::Public, health::health),
    route!(GET, "/live", AccessPolicy::Public, live::live),
    route!(GET, "/ready", AccessPolicy::Public, ready::ready),
    route!(GET, "/metrics", AccessPolicy::Administrator(Scope::Metrics), metrics::metrics)
        .rate_limit(RateLimit::Logs),
];

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Response<BoxBody> {
    serve("platform", ROUTES, request).await
}
