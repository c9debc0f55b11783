//! `GET /api/v1/builds/{build}`

use super::present::present;
use http::StatusCode;
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    Ok(Reply::json(StatusCode::OK, &present(&call, &store).await?.answer))
}
