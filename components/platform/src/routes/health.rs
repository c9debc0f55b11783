//! `GET /health`: the platform is alive.

use nokube_edge::{Call, Reply, Result};

pub async fn health(_: Call) -> Result<Reply> {
    Ok(Reply::text("alive\n"))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn health() -> Operation {
        Operation::new("readHealth", "Check that the platform is running")
            .any_query()
            .text_response(200, "The platform is running.", "alive\n")
    }
}
