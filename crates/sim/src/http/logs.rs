//! A job's log: a redirect to a short-lived address that wants no credentials.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use super::answer::{Answer, Refusal};
use super::call::Call;
use crate::hub::Hub;
use crate::model::{ids, log};

/// GitHub's log links live for a minute.
const LIFE: SignedDuration = SignedDuration::from_secs(60);

pub async fn redirect(call: Call) -> Answer {
    let repository = call.repository("actions", false)?;
    let job = call.number("job")?;
    if text(&call.hub, &repository.full_name(), job).is_none() {
        return Err(
            Refusal::not_found().see("/actions/workflow-jobs#download-job-logs-for-a-workflow-run")
        );
    }
    let mut random = [0_u8; 16];
    if getrandom::fill(&mut random).is_err() {
        return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Server Error"));
    }
    let link = ids::hex(&random);
    let until = call.now.saturating_add(LIFE).unwrap_or(call.now);
    call.hub.desk().log_links.insert(link.clone(), (job, until));
    let sig = ids::sha256(&link);
    let location = format!("{}/_logs/{link}?sig={sig}", call.hub.origin);
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

pub async fn download(
    State(hub): State<Arc<Hub>>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Response {
    // The storage behind GitHub takes any Authorization header for its own and refuses it.
    if headers.contains_key(header::AUTHORIZATION) {
        return storage_error(StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo");
    }
    let job = living_link(&hub, &link, hub.now());
    let text = job.and_then(|job| {
        let model = hub.model();
        let run = model.runs().find(|run| {
            let mut jobs = run.attempts.iter().filter_map(|attempt| attempt.job.as_ref());
            jobs.any(|found| found.id == job)
        })?;
        let repository = run.repository.clone();
        drop(model);
        self::text(&hub, &repository, job)
    });
    match text {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain")], text).into_response(),
        None => storage_error(StatusCode::FORBIDDEN, "AuthenticationFailed"),
    }
}

fn living_link(hub: &Hub, link: &str, now: Timestamp) -> Option<u64> {
    let desk = hub.desk();
    desk.log_links.get(link).filter(|(_, until)| *until > now).map(|(job, _)| *job)
}

fn text(hub: &Hub, repository: &str, job: u64) -> Option<String> {
    let model = hub.model();
    let (run, number) = model.job(repository, job)?;
    log::text(run, run.attempt(number)?)
}

fn storage_error(status: StatusCode, code: &str) -> Response {
    let body =
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}
