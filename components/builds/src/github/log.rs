//! Opens a job's log: GitHub answers with a redirect to where it keeps it.

use super::client::{GitHub, TIMEOUTS, refused};
use http::{Request, StatusCode, Uri, header};
use nokube_edge::{BoxBody, Failure, Result, outbound, reply::incoming};
use nokube_github::logs::is_log_host;

/// The log of an ended job as it comes, or `None` when it is not there (any more).
///
/// # Errors
/// GitHub or its storage does not answer, or sends us where no log can be.
pub async fn job_log(github: &GitHub, job: u64) -> Result<Option<BoxBody>> {
    let api = &github.settings.api;
    let answer = github.builder(|token| api.job_log(job, token)).await?;
    match answer.status() {
        StatusCode::FOUND | StatusCode::TEMPORARY_REDIRECT => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        _ => return Err(refused(&answer)),
    }
    let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let location = location.and_then(|location| location.parse::<Uri>().ok()).unwrap_or_default();
    let origin = github.settings.api_origin.as_str().parse().unwrap_or_default();
    if !is_log_host(&location, &origin) {
        let host = location.host().unwrap_or_default();
        return Err(Failure::internal("GitHub sends us to a strange place for a log", host));
    }
    // Without our token: the address itself is the permission, and that host is another's.
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = location;
    let opened = outbound::open(request, TIMEOUTS).await;
    let log = opened.map_err(|error| error.of("GitHub's log storage"))?;
    match log.status() {
        StatusCode::OK => Ok(Some(incoming(log))),
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        status => Err(Failure::internal("GitHub's log storage answers", status)),
    }
}
