//! `GET /api/v1/deployments/{deployment}`

use crate::{
    cluster::Cluster,
    present::{load, present},
};
use http::StatusCode;
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let mut loaded = load(&call, &store).await?;
    let cluster = Cluster::new().await?;
    let view = present(&store, &cluster, &mut loaded).await?;
    Ok(Reply::json(StatusCode::OK, &view))
}
