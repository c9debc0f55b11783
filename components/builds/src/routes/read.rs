//! `GET /api/v1/builds/{build}`

use crate::status::current_view;
use http::StatusCode;
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    Ok(Reply::json(StatusCode::OK, &current_view(&call, &store).await?))
}
