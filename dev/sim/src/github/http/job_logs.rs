//! The log of a job: a redirect to a short-lived link, which works without credentials.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use super::context::RequestContext;
use super::response::{ApiError, ApiResult};
use crate::github::model::access::Level;
use crate::github::model::job_log;
use crate::github::server_state::ServerState;
use crate::hash;

/// GitHub's links to logs expire after one minute.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_secs(60);

pub async fn redirect(context: RequestContext) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?;
    let job = context.id_param("job")?;
    if log_text(&context.state, &repository.full_name(), job).is_none() {
        return Err(ApiError::not_found()
            .docs("/actions/workflow-jobs#download-job-logs-for-a-workflow-run"));
    }
    let mut random = [0_u8; 16];
    if getrandom::fill(&mut random).is_err() {
        return Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Server Error"));
    }
    let link = hash::hex(&random);
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
    let job = job_of_link(&state, &link, state.now());
    let text = job.and_then(|job| {
        let model = state.model();
        let run = model.runs().find(|run| {
            let mut jobs = run.attempts.iter().filter_map(|attempt| attempt.job.as_ref());
            jobs.any(|found| found.id == job)
        })?;
        let repository = run.repository.clone();
        drop(model);
        log_text(&state, &repository, job)
    });
    match text {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain")], text).into_response(),
        None => storage_error(StatusCode::FORBIDDEN, "AuthenticationFailed"),
    }
}

/// None if the link is unknown or expired.
fn job_of_link(state: &ServerState, link: &str, now: Timestamp) -> Option<u64> {
    let runtime = state.runtime();
    runtime.log_links.get(link).filter(|(_, expires_at)| *expires_at > now).map(|(job, _)| *job)
}

fn log_text(state: &ServerState, repository: &str, job: u64) -> Option<String> {
    let model = state.model();
    let (run, number) = model.job(repository, job)?;
    job_log::render(run, run.attempt(number)?)
}

fn storage_error(status: StatusCode, code: &str) -> Response {
    let body =
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}
