//! `GET /api/v1/deployments/{deployment}/revisions`: the releases that can be rolled back to, with
//! their whole configuration in the words of a request. One read a release.

use crate::present::load;
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{answer::Revisions, deploy::RevisionView};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn revisions(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let loaded = load(&call, &store).await?;
    let run = loaded.run()?;
    let reads = run.kept.iter().map(|kept| store.revision(loaded.id(), kept.number));
    let revisions = try_join_all(reads)
        .await?
        .into_iter()
        .flatten()
        .filter_map(|revision| {
            let release = &revision.run()?.release;
            Some(RevisionView::new(&revision, release, run.release.number))
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &Revisions { revisions }))
}
