//! `POST /internal/reconcile`: continues what is left of revisions. `platform` calls it, but it is harmless from
//! anybody.

use crate::{cluster::Cluster, work::continue_interrupted};
use http::StatusCode;
use nokube_edge::{Call, Reply, Result, store::Store, work::reconciled};

pub async fn reconcile(_: Call) -> Result<Reply> {
    let (store, cluster) = (Store::open().await?, Cluster::new().await?);
    let deployments = reconciled("deployments", continue_interrupted(&store, &cluster).await);
    Ok(Reply::json(StatusCode::OK, &[deployments]))
}
