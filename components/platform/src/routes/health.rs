//! `GET /health`: the platform is alive.

use nokube_edge::{Call, Reply, Result};

pub async fn health(_: Call) -> Result<Reply> {
    Ok(Reply::text("alive\n"))
}
