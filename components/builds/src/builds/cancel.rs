//! `DELETE /api/v1/builds/{build}`: the wish to cancel, kept first and sent then.
//!
//! The status becomes `cancelled` only when GitHub says so. A wish that GitHub has not heard of (it
//! was away, or the run is not known yet) is sent again by later reads.

use super::present::present_with_known;
use crate::{github, settings::Waits};
use http::StatusCode;
use nokube_domain::{
    ProblemKind,
    build::{Status, Wish, view},
};
use nokube_edge::{Call, Failure, Reply, Result, now, store::Store};

pub async fn cancel(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let (answer, mut known) = present_with_known(&call, &store).await?;
    match answer.status {
        Status::Pending | Status::Building => {}
        // What was wished for has happened.
        Status::Cancelled => return Ok(Reply::json(StatusCode::ACCEPTED, &answer)),
        Status::Success | Status::Failed => {
            return Err(Failure::problem(
                ProblemKind::Conflict,
                "The build has ended already; there is nothing to cancel.",
            ));
        }
    }
    let is_new = known.cancel_wished().is_none();
    if is_new {
        let wish = Wish { attempt: known.run.attempt(), at: now() };
        store.set_wish(answer.build_id, &wish).await?;
        known.wish = Some(wish);
    }
    // A wish that stands already is sent again by reads, not by whoever asks most often.
    if let Some(key) = known.present_run().filter(|_| is_new) {
        let github = github::GitHub::new().await?;
        github::cancel(&github, key, false).await?;
    }
    let grace = Waits::read().await?.windows.grace;
    Ok(Reply::json(StatusCode::ACCEPTED, &view(&known, None, grace, now())))
}
