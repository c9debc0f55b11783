//! `GET /api/v1/deployments/{deployment}`

use crate::{cluster::Cluster, deployment::Deployment, status::current_status};
use http::StatusCode;
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let mut deployment = Deployment::load(&call, &store).await?;
    let cluster = Cluster::new().await?;
    let view = current_status(&store, &cluster, &mut deployment).await?;
    Ok(Reply::json(StatusCode::OK, &view))
}
