//! `DELETE /api/v1/deployments/{deployment}`: out of the cluster with everything that was made for
//! it; its volume only with `?volumes=true`, its namespace with the last deployment and volume.
//!
//! The wish is written first, so that what the cluster could not do now is done by the next look.

use crate::{cluster::Cluster, deploy::create::note, present::load, remove::remove};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    deploy::{Cause, Gone, Outcome, Revision, Wish},
};
use nokube_edge::{
    Call, Reply, Result, now,
    store::{Counter, Store},
};

pub async fn delete(call: Call) -> Result<Reply> {
    call.only_query(&["volumes"])?;
    let volumes = match call.query("volumes") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::field("volumes", "must be true or false").into()),
    };
    let store = Store::open().await?;
    let mut loaded = load(&call, &store).await?;
    let cluster = Cluster::new().await?;
    let gone = Gone { volumes };
    match &loaded.revision.wish {
        Wish::Run(_) => {}
        // What is gone is gone; but a volume that was left may be asked for after that, and what was
        // interrupted is gone on with.
        Wish::Gone(before) if loaded.is_told() && (before.volumes || !volumes) => {
            return Err(Problem::not_found("deployment").into());
        }
        Wish::Gone(_) => {}
    }
    loaded.revision = Revision {
        of: loaded.id(),
        number: store.increment(&Counter::revisions(loaded.id()))?,
        by: call.caller()?.login.clone(),
        person: Some(call.caller()?.person.clone()),
        at: now(),
        cause: Cause::Delete,
        wish: Wish::Gone(gone),
    };
    store.set_revision(&loaded.revision).await?;
    note(&call, &store, &loaded).await?;
    let outcome = remove(&store, &cluster, &loaded, gone).await?;
    loaded.keep(&store, outcome.clone(), Vec::new()).await?;
    match outcome {
        Outcome::Interrupted(why) => {
            let detail = format!(
                "{why} The deployment is marked as deleted; ask again to have the rest removed."
            );
            Err(Problem::new(ProblemKind::UpstreamUnavailable, detail).retry_after(5).into())
        }
        Outcome::Applied | Outcome::Refused { .. } => Ok(Reply::empty(StatusCode::NO_CONTENT)),
    }
}
