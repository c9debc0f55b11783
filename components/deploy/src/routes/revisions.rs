//! `GET /api/v1/deployments/{deployment}/revisions`: the retained releases, with their whole
//! configuration under the names of a request's fields. One read a release.

use crate::deployment::Deployment;
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{deployments::RevisionView, responses::Revisions};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn revisions(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    let state = deployment.state()?;
    let reads =
        state.retained.iter().map(|release| store.revision(deployment.id(), release.number));
    let revisions = try_join_all(reads)
        .await?
        .into_iter()
        .flatten()
        .filter_map(|revision| {
            let release = &revision.deployed()?.release;
            Some(RevisionView::new(&revision, release, state.release.number))
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &Revisions { revisions }))
}
