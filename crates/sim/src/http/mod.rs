//! GitHub's HTTP API and the registry's: routes that render the model.

pub mod actions;
pub mod answer;
pub mod app;
pub mod call;
pub mod dispatch;
pub mod envelope;
pub mod hooks;
pub mod jwt;
pub mod logs;
pub mod manifest;
pub mod oauth;
pub mod registry;
pub mod repos;
pub mod server;

use std::sync::Arc;

use axum::routing::{any, get, post};
use axum::{Extension, Router, middleware};

use crate::hub::Hub;
use call::Dialect;

/// Everything that is served on the simulated GitHub's port.
pub fn router(hub: &Arc<Hub>) -> Router {
    let mut all = api(Dialect::GitHub)
        .route("/login/oauth/authorize", get(oauth::authorize))
        .route("/login/oauth/access_token", post(oauth::access_token))
        .route("/login/device/code", post(oauth::device_code))
        .route("/login/device", get(oauth::device))
        .route("/settings/apps/new", post(manifest::register))
        .route("/organizations/{org}/settings/apps/new", post(manifest::register))
        .route("/_logs/{link}", get(logs::download))
        .route("/token", get(registry::token))
        .route("/v2/", get(registry::root))
        .route("/v2/{*path}", get(registry::manifest));
    if hub.options.ghes {
        all = all.nest("/api/v3", api(Dialect::Enterprise));
    }
    all.fallback(answer::not_found)
        .layer(middleware::from_fn_with_state(hub.clone(), envelope::wrap))
        .with_state(hub.clone())
}

fn api(dialect: Dialect) -> Router<Arc<Hub>> {
    Router::new()
        .route("/app", get(app::app))
        .route("/app/installations/{id}/access_tokens", post(app::access_token))
        .route("/app-manifests/{code}/conversions", post(manifest::convert))
        .route("/app/hook/config", get(hooks::config_of_app))
        .route("/app/hook/deliveries", get(hooks::list_of_app))
        .route("/app/hook/deliveries/{id}/attempts", post(hooks::redeliver_of_app))
        .route("/users/{login}", get(repos::user))
        .route("/user", get(oauth::user))
        .route("/user/memberships/orgs/{org}", get(oauth::membership))
        .route("/orgs/{org}/teams/{team}/memberships/{login}", get(oauth::team_membership))
        .nest("/repos/{owner}/{repo}", repository())
        .route("/repos/{owner}/{repo}", get(repos::repository))
        .fallback(answer::not_found)
        .layer(Extension(dialect))
}

fn repository() -> Router<Arc<Hub>> {
    Router::new()
        .route("/installation", get(app::installation))
        .route("/commits/{*reference}", get(repos::commit))
        .route("/collaborators/{login}/permission", get(repos::permission))
        .route("/contents", get(repos::root_contents))
        .route("/contents/", get(repos::root_contents))
        .route("/contents/{*path}", get(repos::contents))
        .route("/hooks/{hook}/deliveries", get(hooks::list))
        .route("/hooks/{hook}/deliveries/{id}/attempts", post(hooks::redeliver))
        .route("/actions/workflows/{workflow}", get(dispatch::workflow))
        .route("/actions/workflows/{workflow}/dispatches", post(dispatch::dispatch))
        .route("/actions/workflows/{workflow}/runs", get(actions::runs_of_workflow))
        .route("/actions/runs", get(actions::runs))
        .route("/actions/runs/{run}", get(actions::run))
        .route("/actions/runs/{run}/attempts/{attempt}", get(actions::attempt))
        .route("/actions/runs/{run}/jobs", get(actions::jobs))
        .route("/actions/runs/{run}/attempts/{attempt}/jobs", get(actions::jobs_of_attempt))
        .route("/actions/runs/{run}/{action}", any(dispatch::change))
        .route("/actions/jobs/{job}", get(actions::job))
        .route("/actions/jobs/{job}/logs", get(logs::redirect))
}
