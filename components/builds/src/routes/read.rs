//! `GET /api/v1/builds/{build}`

use crate::status::current_view;
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    current_view(&call, &store).await
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn read() -> Operation {
        let steps = json!([{
            "number": 5, "name": "Build and push the image", "status": "success",
            "started_at": "2025-08-18T10:30:21Z", "completed_at": "2025-08-18T10:32:39Z",
        }]);
        let build = examples::with(examples::build_in_list(), json!({ "steps": steps }));
        Operation::new("readBuild", "Read a build")
            .description(
                "The status changes from `pending` to `building` and then to `success`, `failed` or \
                 `cancelled`. Poll every few seconds until then. `error_message` says what went \
                 wrong and what to do.",
            )
            .json_response::<BuildView>(200, "The build.", build)
            .calls_github()
    }
}
