//! Opens a job's log: GitHub responds with a redirect to its log storage.

use super::client::{GitHub, TIMEOUTS, upstream_error};
use http::{Request, StatusCode, Uri, header};
use nokube_domain::ProblemKind;
use nokube_edge::{BoxBody, Error, Result, outbound};
use nokube_github::logs::is_log_host;

/// The log of an ended job as a stream.
///
/// # Errors
/// 404 when GitHub does not have it (any more); or GitHub or its storage does not respond, or redirects to a host that
/// is not GitHub's.
pub async fn job_log(github: &GitHub, job: u64) -> Result<BoxBody> {
    let gone = || {
        let detail = "The log is not there any more: GitHub keeps logs for a limited time only.";
        Error::problem(ProblemKind::NotFound, detail)
    };
    let api = &github.settings.api;
    let response = github.call_builder(|token| api.job_log(job, token)).await?;
    match response.status() {
        StatusCode::FOUND | StatusCode::TEMPORARY_REDIRECT => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(gone()),
        _ => return Err(upstream_error(&response)),
    }
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let location = location.and_then(|location| location.parse::<Uri>().ok()).unwrap_or_default();
    let origin = github.settings.api_origin.as_str().parse().unwrap_or_default();
    if !is_log_host(&location, &origin) {
        let host = location.host().unwrap_or_default();
        return Err(Error::internal("GitHub redirects to an unknown host for a log", host));
    }
    // Without the token: the URL itself grants access, and the host is not GitHub's API.
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = location;
    let log = outbound::send_streaming(request, TIMEOUTS).await;
    let log = log.map_err(|error| error.into_error("GitHub's log storage"))?;
    match log.status() {
        StatusCode::OK => Ok(log.into_body()),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(gone()),
        status => Err(Error::internal("GitHub's log storage answers", status)),
    }
}
