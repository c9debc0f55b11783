//! The log of a job: a redirect to a short-lived link, which works without credentials.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;

use super::access::Level;
use super::context::RequestContext;
use super::response::ApiResult;
use crate::github::model::api_error::ApiError;
use crate::github::model::job_log;
use crate::github::server_state::ServerState;
use crate::hash;

/// GitHub's links to logs expire after one minute.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_secs(60);

pub async fn redirect(context: RequestContext) -> ApiResult {
    context.builder_repository("actions", Level::Read)?;
    let job = context.id_param("job")?;
    if log_text(&context.state, job).is_none() {
        return Err(ApiError::not_found());
    }
    let link = hash::random();
    let expires_at = context.now.saturating_add(LINK_LIFETIME).unwrap_or(context.now);
    context.state.runtime().log_links.insert(link.clone(), (job, expires_at));
    let sig = hash::sha256(&link);
    let location = format!("{}/_logs/{link}?sig={sig}", context.state.origin);
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

pub async fn download(
    State(state): State<Arc<ServerState>>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Response {
    // GitHub's logs are in Azure storage, which rejects requests with credentials that are not its own.
    if headers.contains_key(header::AUTHORIZATION) {
        return storage_error(StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo");
    }
    let links = state.runtime().log_links.clone();
    let job = links.get(&link).filter(|(_, expires_at)| *expires_at > state.now());
    match job.and_then(|(job, _)| log_text(&state, *job)) {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain")], text).into_response(),
        None => storage_error(StatusCode::FORBIDDEN, "AuthenticationFailed"),
    }
}

fn log_text(state: &ServerState, job: u64) -> Option<String> {
    let model = state.model();
    let (run, attempt) = model.job(job)?;
    job_log::render(run, attempt)
}

fn storage_error(status: StatusCode, code: &str) -> Response {
    let body =
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}
