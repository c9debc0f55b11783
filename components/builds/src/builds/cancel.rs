//! `DELETE /api/v1/builds/{build}`: the wish to cancel, kept first and sent then.
//!
//! The status becomes `cancelled` only when GitHub says so. A wish that GitHub has not heard of (it
//! was away, or the run is not known yet) is sent again by later reads.

use super::present::{Present, present_of, present_with_known};
use crate::{github, settings::Waits};
use http::StatusCode;
use nokube_domain::{
    BuildId, Problem, Reason,
    build::{Known, Status, Wish, view},
};
use nokube_edge::{
    Call, Reply, Result, audit, now,
    store::{Log, Store},
};

pub async fn cancel(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let (answer, mut known) = present_with_known(&call, &store).await?;
    match answer.status {
        Status::Pending | Status::Building => {}
        // What was wished for has happened.
        Status::Cancelled => return Ok(Reply::json(StatusCode::ACCEPTED, &answer)),
        Status::Success | Status::Failed => {
            let detail = "The build has ended already; there is nothing to cancel.";
            return Err(Problem::conflict(Reason::BuildEnded, detail).into());
        }
    }
    wish(&store, &mut known).await?;
    let object = format!("/api/v1/builds/{}", answer.build_id);
    let log = Log::Project(answer.build_id.project);
    audit::record(&store, &call, &log, "build.cancel", object).await?;
    let grace = Waits::read().await?.windows.grace;
    Ok(Reply::json(StatusCode::ACCEPTED, &view(&known, None, grace, now())))
}

/// Keeps the wish to cancel a build and sends it, if it is new.
async fn wish(store: &Store, known: &mut Known) -> Result<()> {
    let is_new = known.cancel_wished().is_none();
    if is_new {
        let wish = Wish { attempt: known.run.attempt(), at: now() };
        store.set_wish(known.record.id, &wish).await?;
        known.wish = Some(wish);
    }
    // A wish that stands already is sent again by reads, not by whoever asks most often.
    if let Some(key) = known.present_run().filter(|_| is_new) {
        let github = github::GitHub::new().await?;
        github::cancel(&github, key, false).await?;
    }
    Ok(())
}

/// Cancels a build whose project is to go.
///
/// # Errors
/// GitHub or the store failed.
pub async fn ask_to_stop(store: &Store, id: BuildId) -> Result<()> {
    match present_of(store, id).await? {
        Some(Present { answer, known: Some(mut known) }) if !answer.status.is_final() => {
            wish(store, &mut known).await
        }
        _ => Ok(()),
    }
}
