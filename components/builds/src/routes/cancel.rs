//! `DELETE /api/v1/builds/{build}`: stores the request to cancel, then sends it to GitHub.
//!
//! The status becomes `cancelled` only when GitHub says so, or at once if the build waits for capacity. A request that
//! GitHub did not receive (it was unreachable, or the run is not known yet) is sent again by later reads.

use crate::{
    github::{self, GitHub},
    settings::Limits,
    status::current_state,
    waiting::withdraw,
};
use http::StatusCode;
use nokube_domain::{
    Problem, Reason,
    builds::{BuildState, CancelMode, CancelRequest, Status, view},
};
use nokube_edge::{
    Call, Reply, Result, audit, now,
    store::{AuditLog, Store, keys},
};

pub async fn cancel(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let (build, mut state) = current_state(&call, &store).await?;
    match build.status {
        Status::Pending | Status::Building => {}
        Status::Cancelled => return Ok(Reply::json(StatusCode::ACCEPTED, &build)),
        Status::Success | Status::Failed => {
            let detail = "The build has ended already; there is nothing to cancel.";
            return Err(Problem::conflict(Reason::BuildEnded, detail).into());
        }
    }
    request_cancel(&store, &mut state).await?;
    let object = format!("/api/v1/builds/{}", build.build_id);
    let log = AuditLog::Project(build.build_id.project);
    audit::record(&store, &call, &log, "build.cancel", object).await?;
    let grace = Limits::load().await?.timeouts.grace;
    Ok(Reply::json(StatusCode::ACCEPTED, &view(&state, None, grace, now())))
}

/// Stores the request to cancel the current attempt and sends it, unless there is one already: that one is
/// sent again by reads, however often callers repeat theirs.
async fn request_cancel(store: &Store, state: &mut BuildState) -> Result<()> {
    if state.current_cancel_request().is_some() {
        return Ok(());
    }
    let request = CancelRequest::new(state.run.attempt(), now());
    store.set(keys::cancel_request(state.record.id), &request).await?;
    state.cancel_request = Some(request);
    withdraw(store, state).await?;
    if let Some(run) = state.current_run() {
        let github = GitHub::new().await?;
        github::cancel(&github, run, CancelMode::Normal).await?;
    }
    Ok(())
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn cancel() -> Operation {
        let cancelling = json!({
            "status": "building", "cancel_requested_at": "2025-08-18T10:31:00Z",
            "image_digest": null, "completed_at": null, "duration": 51,
        });
        Operation::new("cancelBuild", "Cancel a build")
            .description(
                "The status becomes `cancelled` when GitHub has stopped the build, or at once if the build \
                 was not sent to GitHub yet. The build may also end in another way before that.",
            )
            .json_response::<BuildView>(
                202,
                "The cancellation was requested, or the build was cancelled.",
                examples::with(examples::build_in_list(), cancelling),
            )
            .conflict(Reason::BuildEnded, "The build has ended already; there is nothing to cancel.")
            .calls_github()
    }
}
