//! `GET /live`: for liveness probes, which restart a process that is stuck.

use nokube_edge::{Call, Error, Reply, Result, store::Store};

/// A store that refuses connections or reports an error is not a reason to restart the platform, which would restart
/// everywhere at once and not help. Only a call without an answer may be this process's fault.
pub async fn live(_: Call) -> Result<Reply> {
    match Store::answers().await {
        true => Ok(Reply::text("alive\n")),
        false => Err(Error::StoreUnavailable("live: the store does not answer in time".into())),
    }
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn live() -> Operation {
        Operation::new("readLiveness", "Check that the platform is not stuck")
            .any_query()
            .description(
                "For liveness probes. The store is read. The response is 503 if it gives no answer within three \
                 seconds; an error, such as a refused connection, is an answer.",
            )
            .text_response(200, "The platform is not stuck.", "alive\n")
    }
}
