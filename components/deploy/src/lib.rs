//! Deployments: the only component that talks to the cluster.
//!
//! The table of routes is below, with the access policy of each. A route that changes a deployment stores
//! a new revision (`revise`), which `reconcile` applies; a read (`status`) reconciles what was
//! interrupted. Manifests and errors of the API server are pure functions of the crate `nokube-kube`.

mod address;
mod adoption;
mod author;
mod automatic;
mod cluster;
mod continuation;
mod custom_domain;
mod deletion;
mod deployment;
mod draft;
mod image;
mod previews;
mod promotion;
mod reconcile;
mod revise;
mod revised;
mod routes;
mod saved;
mod saved_secrets;
mod secrets;
mod service_limits;
mod services;
mod settings;
mod status;
mod work;

use nokube_domain::{
    access::{AccessPolicy, Role},
    rate_limit::{RateLimit, ReadCost},
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, internal_route, route, serve};
use routes::{
    automation, change, create, delete, events, internal_previews, list, logs, manifests, read,
    ready, resume, revisions, rollback, service_deployment, service_secrets,
};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const DEVELOPER: AccessPolicy = AccessPolicy::Role(Role::Developer, Scope::Deploy);
/// Of a read that may make six requests to the cluster.
const CLUSTER: u32 = 5;

pub const ROUTES: &[Route] = &[
    route!(POST, "/api/v1/deploy", DEVELOPER, create::create).rate_limit(RateLimit::Deploys),
    route!(GET, "/api/v1/projects/{project}/deployments", VIEWER, list::list)
        .costs(ReadCost::Page(CLUSTER)),
    route!(GET, "/api/v1/deployments/{deployment}", VIEWER, read::read)
        .costs(ReadCost::Fixed(CLUSTER)),
    route!(DELETE, "/api/v1/deployments/{deployment}", DEVELOPER, delete::delete)
        .rate_limit(RateLimit::Removals),
    route!(GET, "/api/v1/deployments/{deployment}/manifests", VIEWER, manifests::manifests),
    route!(GET, "/api/v1/deployments/{deployment}/logs", VIEWER, logs::logs)
        .rate_limit(RateLimit::Logs),
    route!(GET, "/api/v1/deployments/{deployment}/events", VIEWER, events::events)
        .costs(ReadCost::Fixed(CLUSTER)),
    route!(GET, "/api/v1/deployments/{deployment}/revisions", VIEWER, revisions::revisions)
        .costs(ReadCost::Fixed(2)),
    route!(POST, "/api/v1/deployments/{deployment}/rollback", DEVELOPER, rollback::rollback)
        .rate_limit(RateLimit::Deploys),
    route!(POST, "/api/v1/deployments/{deployment}/restart", DEVELOPER, change::restart)
        .rate_limit(RateLimit::Deploys),
    route!(POST, "/api/v1/deployments/{deployment}/apply", DEVELOPER, change::apply)
        .rate_limit(RateLimit::Deploys),
    route!(POST, "/api/v1/deployments/{deployment}/stop", DEVELOPER, change::stop)
        .rate_limit(RateLimit::Deploys),
    route!(POST, "/api/v1/deployments/{deployment}/start", DEVELOPER, change::start)
        .rate_limit(RateLimit::Deploys),
    route!(POST, "/api/v1/deployments/{deployment}/resume", DEVELOPER, resume::resume)
        .rate_limit(RateLimit::Deploys),
    route!(
        GET,
        "/api/v1/projects/{project}/services/{service}/deployment",
        VIEWER,
        service_deployment::read
    ),
    route!(
        PUT,
        "/api/v1/projects/{project}/services/{service}/deployment",
        DEVELOPER,
        service_deployment::put
    )
    .rate_limit(RateLimit::Changes),
    route!(
        DELETE,
        "/api/v1/projects/{project}/services/{service}/deployment",
        DEVELOPER,
        service_deployment::remove
    )
    .rate_limit(RateLimit::Changes),
    route!(
        GET,
        "/api/v1/projects/{project}/services/{service}/secrets",
        VIEWER,
        service_secrets::read
    ),
    route!(
        PUT,
        "/api/v1/projects/{project}/services/{service}/secrets",
        DEVELOPER,
        service_secrets::put
    )
    .rate_limit(RateLimit::Deploys),
    route!(
        DELETE,
        "/api/v1/projects/{project}/services/{service}/secrets",
        DEVELOPER,
        service_secrets::remove
    )
    .rate_limit(RateLimit::Removals),
    internal_route!(GET, "/ready", ready::settings),
    internal_route!(GET, "/ready/images", ready::images),
    internal_route!(GET, "/ready/cluster", ready::cluster),
    internal_route!(GET, "/ready/routing", ready::routing),
    internal_route!(POST, "/internal/reconcile", routes::reconcile::reconcile),
    internal_route!(
        POST,
        "/internal/services/{project}/{service}/automation",
        automation::automation
    ),
    internal_route!(
        POST,
        "/internal/services/{project}/{service}/previews/{number}",
        internal_previews::look
    ),
];

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Response<BoxBody> {
    serve("deploy", ROUTES, request).await
}
