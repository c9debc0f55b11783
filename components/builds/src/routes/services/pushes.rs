//! `GET /api/v1/projects/{project}/services/{service}/pushes`: why pushes built the service, or did not.

use crate::pushes::{self, look_at_service};
use http::StatusCode;
use nokube_domain::{Problem, ProjectId, name::ServiceName};
use nokube_edge::{
    Call, Reply, Result,
    pushes::LinkedService,
    store::{Store, keys},
};

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let project: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.get(keys::members(project)).await?.as_ref(), "project")?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let record = store.get(keys::service(project, &name)).await?;
    let record = record.filter(|record| record.source.is_some());
    let record = record.ok_or_else(|| Problem::not_found("service"))?;
    if let Some(linked) = LinkedService::of_record(project, &name, Some(&record)) {
        look_at_service(&store, &linked).await?;
    }
    Ok(Reply::json(StatusCode::OK, &pushes::list(&store, project, &name).await?))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use super::super::example;
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        Operation::new("listPushes", "List the pushes of a service")
            .description(
                "The newest 20 pushes to the branch of a service that pushes build, and what followed \
                 from each. GitHub is asked for pushes whose events were lost, from time to time.",
            )
            .json_response::<PushList>(
                200,
                "The pushes, the newest first.",
                json!({
                    "pushes": [{
                        "received_at": "2025-08-18T10:30:00Z", "branch": "main",
                        "commit": example::commit(), "head": example::commit(),
                        "sender": "testuser", "decision": "built", "config_file_errors": [],
                        "build_id": examples::BUILD,
                    }],
                }),
            )
            .not_found("service")
    }
}
