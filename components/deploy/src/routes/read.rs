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

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn read() -> Operation {
        let details = json!({
            "pods": [{
                "name": "frontend-6f7d8c9b5-x2x4z", "phase": "Running", "ready": true,
                "current": true, "restarts": 0, "reason": null, "code": null, "message": null,
                "started_at": "2025-08-18T10:35:04Z",
            }],
            "conditions": [{
                "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
                "message": "Deployment has minimum availability.",
            }],
        });
        Operation::new("readDeployment", "Read a deployment")
            .description(
                "The current state in the cluster: the status (`pending`, `deploying`, `running`, \
                 `failed` or `stopped`), the pods, and in `error_message` what is wrong and what to \
                 do. While the cluster is unreachable, the last observed state; `observed_at` is \
                 its time.",
            )
            .json_response::<DeploymentView>(
                200,
                "The deployment.",
                examples::with(examples::deployment_in_list(), details),
            )
            .calls_cluster()
    }
}
