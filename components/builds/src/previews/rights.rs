//! Whether a pull request's build may still be dispatched, or run.

use nokube_domain::{Timestamp, builds::BuildRecord, pushes::PushRecord};
use nokube_edge::{
    Result, now,
    pushes::{LinkedService, newest},
    store::{Store, keys},
};

pub const PREVIEWS_OFF: &str = "This service has no previews any more.";
const ENDED: &str = "The preview of this pull request has ended.";
const NOT_APPROVED: &str =
    "The pull request is from a fork, and this commit is not the one that was approved last.";

/// Why a build of a pull request may not be dispatched, as a sentence. `service` is what pushes build now. At most three
/// reads.
///
/// # Errors
/// The store failed.
pub async fn refusal(
    store: &Store,
    service: &LinkedService,
    build: &BuildRecord,
) -> Result<Option<&'static str>> {
    let Some(number) = build.pull_request() else { return Ok(None) };
    if service.source.previews.is_none() {
        return Ok(Some(PREVIEWS_OFF));
    }
    let newest = newest(store, &service.with_pull_request(number)).await?;
    let Some(newest) = newest.filter(|newest| newest.preview_target().is_some()) else {
        return Ok(Some(ENDED));
    };
    if newest.pull_request.is_some_and(|it| !it.is_fork) {
        return Ok(None);
    }
    let key = keys::approved_commit(service.project, &service.name, number);
    let approved = store.get(key).await?;
    let is_approved = approved.is_some_and(|approved| approved.commit == build.commit);
    Ok((!is_approved).then_some(NOT_APPROVED))
}

/// Since when the preview that a build is for has ended; `None` if it has not. `service` is what pushes build now, with the
/// pull request, and `newest` its newest record.
pub fn ended_at(service: Option<&LinkedService>, newest: Option<&PushRecord>) -> Option<Timestamp> {
    let has_previews = service.is_some_and(|service| service.source.previews.is_some());
    match newest {
        Some(newest) if has_previews && newest.preview_target().is_some() => None,
        Some(newest) if has_previews => Some(newest.at),
        // They were switched off, or the service has another repository.
        _ => Some(now()),
    }
}
