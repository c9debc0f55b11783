//! Builds, and what services are built from: the only component that asks GitHub about repositories, starts workflows
//! there, and asks the image registry.
//!
//! The table below lists every route with the access that it requires.

mod config_file;
mod deployer;
mod deployment_reports;
mod follow;
mod github;
mod linked_repositories;
mod places;
mod previews;
mod pushes;
mod reports;
mod resume;
mod routes;
mod services;
mod settings;
mod start;
mod status;
mod statuses;
mod waiting;
mod work;

use nokube_domain::{
    access::{AccessPolicy, Role},
    rate_limit::{RateLimit, ReadCost},
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, internal_route, route, serve};
use routes::{
    cancel, create, internal, list, logs, read, ready, reconcile,
    repositories::{find_branches, find_repositories},
    request, retry,
    services::{previews as previews_of_service, pushes as pushes_of_service, remove, save, show},
};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const READER: AccessPolicy = AccessPolicy::SignedIn(Scope::Read);
const DEVELOPER: AccessPolicy = AccessPolicy::Role(Role::Developer, Scope::Build);

pub const ROUTES: &[Route] = &[
    route!(POST, "/api/v1/builds", DEVELOPER, create::create).rate_limit(RateLimit::Builds),
    // It may read the members and the number of builds of 50 projects.
    route!(GET, "/api/v1/builds", VIEWER, list::of_caller)
        .costs(ReadCost::FilteredPage(10, "status")),
    route!(GET, "/api/v1/projects/{project}/builds", VIEWER, list::of_project)
        .costs(ReadCost::FilteredPage(1, "status")),
    route!(GET, "/api/v1/builds/{build}", VIEWER, read::read),
    route!(DELETE, "/api/v1/builds/{build}", DEVELOPER, cancel::cancel)
        .rate_limit(RateLimit::Builds),
    // For those who can build again: it holds build arguments and a pasted Dockerfile.
    route!(GET, "/api/v1/builds/{build}/request", DEVELOPER, request::request),
    route!(POST, "/api/v1/builds/{build}/retry", DEVELOPER, retry::retry)
        .rate_limit(RateLimit::Builds),
    route!(GET, "/api/v1/builds/{build}/logs", VIEWER, logs::logs).rate_limit(RateLimit::Logs),
    route!(GET, "/api/v1/projects/{project}/services", VIEWER, show::list)
        .costs(ReadCost::Page(10)),
    route!(GET, "/api/v1/projects/{project}/services/{service}", VIEWER, show::read),
    route!(PUT, "/api/v1/projects/{project}/services/{service}", DEVELOPER, save::put)
        .rate_limit(RateLimit::Builds),
    route!(PATCH, "/api/v1/projects/{project}/services/{service}", DEVELOPER, save::change)
        .rate_limit(RateLimit::Builds),
    route!(DELETE, "/api/v1/projects/{project}/services/{service}", DEVELOPER, remove::remove),
    route!(
        GET,
        "/api/v1/projects/{project}/services/{service}/pushes",
        VIEWER,
        pushes_of_service::list
    )
    // Some forty records, and their builds.
    .costs(ReadCost::Fixed(5)),
    route!(
        GET,
        "/api/v1/projects/{project}/services/{service}/previews",
        VIEWER,
        previews_of_service::list
    )
    // Some fifty records, their builds and their deployments.
    .costs(ReadCost::Fixed(20)),
    route!(
        POST,
        "/api/v1/projects/{project}/services/{service}/previews/{number}/approve",
        DEVELOPER,
        previews_of_service::approve
    )
    .rate_limit(RateLimit::Builds),
    // Each is about ten requests to GitHub while somebody types. They count as opened logs do, and not as builds:
    // nobody should have to wait to build because they looked for a repository.
    route!(GET, "/api/v1/repositories", READER, find_repositories::list)
        .rate_limit(RateLimit::Logs),
    route!(GET, "/api/v1/repositories/{repository}/branches", READER, find_branches::list)
        .rate_limit(RateLimit::Logs),
    internal_route!(POST, "/internal/reconcile", reconcile::reconcile),
    internal_route!(POST, "/internal/work/{n}", internal::work),
    internal_route!(POST, "/internal/builds/{build}", internal::build),
    internal_route!(POST, "/internal/deployments/{deployment}", internal::deployment),
    internal_route!(GET, "/ready", ready::settings),
    internal_route!(GET, "/ready/github", ready::github),
    internal_route!(GET, "/ready/registry", ready::registry),
];

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Response<BoxBody> {
    serve("builds", ROUTES, request).await
}
