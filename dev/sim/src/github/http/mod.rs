//! GitHub's HTTP API, its sign-in pages and the container registry.

pub mod access;
pub mod app;
pub mod app_jwt;
pub mod app_manifest;
pub mod contents;
pub mod context;
pub mod deliveries;
pub mod deployments;
pub mod dispatch;
pub mod git;
pub mod installations;
pub mod job_logs;
pub mod limits;
pub mod middleware;
pub mod oauth;
pub mod paging;
pub mod pull_request;
pub mod pulls;
pub mod push;
pub mod redirects;
pub mod registry;
pub mod repositories;
pub mod response;
pub mod runs;
pub mod statuses;
pub mod users;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use super::server_state::ServerState;
use context::Edition;

/// All routes of the simulated GitHub.
pub fn router(state: &Arc<ServerState>) -> Router {
    let mut all = api(Edition::GitHubCom)
        .route("/login/oauth/authorize", get(oauth::authorize))
        .route("/login/oauth/access_token", post(oauth::access_token))
        .route("/login/device/code", post(oauth::device_code))
        .route("/login/device", get(oauth::device))
        .route("/settings/apps/new", post(app_manifest::register))
        .route("/organizations/{org}/settings/apps/new", post(app_manifest::register))
        .route("/_logs/{link}", get(job_logs::download))
        .route("/_push/{owner}/{repo}", get(push::show).post(push::push))
        .route("/_pull_request/{owner}/{repo}", get(pull_request::show).post(pull_request::change))
        .route("/token", get(registry::token))
        .route("/v2/", get(registry::root))
        .route("/v2/{*path}", get(registry::manifest));
    if state.options.ghes {
        all = all.nest("/api/v3", api(Edition::EnterpriseServer));
    }
    all.fallback(response::not_found)
        .layer(axum::middleware::from_fn_with_state(state.clone(), middleware::intercept))
        .with_state(state.clone())
}

fn api(edition: Edition) -> Router<Arc<ServerState>> {
    Router::new()
        .route("/app", get(app::app))
        .route("/app/installations", get(installations::list))
        .route("/app/installations/{id}", get(installations::installation))
        .route("/installation/repositories", get(installations::repositories))
        .route("/app/installations/{id}/access_tokens", post(app::access_token))
        .route("/app-manifests/{code}/conversions", post(app_manifest::convert))
        .route("/app/hook/config", get(deliveries::webhook_config))
        .route("/app/hook/deliveries", get(deliveries::list))
        .route("/app/hook/deliveries/{id}/attempts", post(deliveries::redeliver))
        .route("/user", get(users::user))
        .route("/user/memberships/orgs/{org}", get(users::membership))
        .route("/orgs/{org}/teams/{team}/memberships/{login}", get(users::team_membership))
        .nest("/repositories/{repository_id}", repository())
        .route("/repositories/{repository_id}", get(repositories::repository))
        .nest("/repos/{owner}/{repo}", repository())
        .route("/repos/{owner}/{repo}", get(repositories::repository))
        .fallback(response::not_found)
        .layer(Extension(edition))
}

fn repository() -> Router<Arc<ServerState>> {
    Router::new()
        .route("/installation", get(app::installation))
        .route("/branches", get(git::branches))
        .route("/commits/{*reference}", get(git::commit))
        .route("/compare/{*basehead}", get(git::compare))
        .route("/contents/{*path}", get(contents::contents))
        .route("/git/matching-refs/{*prefix}", get(git::matching_refs))
        .route("/statuses/{sha}", post(statuses::create))
        .route("/pulls", get(pulls::list))
        .route("/pulls/{number}", get(pulls::pull_request))
        .route("/deployments", get(deployments::list).post(deployments::create))
        .route("/deployments/{id}", get(deployments::deployment).delete(deployments::delete))
        .route(
            "/deployments/{id}/statuses",
            get(deployments::statuses).post(deployments::create_status),
        )
        .route("/collaborators/{login}/permission", get(repositories::permission))
        .route("/actions/workflows/{workflow}", get(dispatch::workflow))
        .route("/actions/workflows/{workflow}/dispatches", post(dispatch::dispatch))
        .route("/actions/workflows/{workflow}/runs", get(runs::list))
        .route("/actions/runs/{run}", get(runs::run))
        .route("/actions/runs/{run}/attempts/{attempt}/jobs", get(runs::jobs))
        .route("/actions/runs/{run}/cancel", post(dispatch::cancel))
        .route("/actions/runs/{run}/force-cancel", post(dispatch::cancel))
        .route("/actions/runs/{run}/rerun", post(dispatch::rerun))
        .route("/actions/jobs/{job}/logs", get(job_logs::redirect))
}
