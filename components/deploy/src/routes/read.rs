//! `GET /api/v1/deployments/{deployment}`

use crate::{
    cluster::Cluster,
    deployment::Deployment,
    status::{cached_observation, current_status},
    work::follow_after_read,
};
use http::StatusCode;
use nokube_domain::DeploymentId;
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id: DeploymentId = call.path_parameter("deployment", "deployment")?;
    let (store, cluster) = (Store::open().await?, Cluster::new().await?);
    let (deployment, entry) =
        futures::join!(Deployment::load(&call, &store), cached_observation(&store, &cluster, id));
    let (mut deployment, entry) = (deployment?, entry?);
    let before = deployment.last_observation.clone();
    let view = current_status(&store, &cluster, &mut deployment, entry).await?;
    follow_after_read(&store, &deployment, &view, before.as_ref());
    Ok(Reply::json_with_weak_etag(StatusCode::OK, &view, &view.without_observation_time()))
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
                "The current state in the cluster: the status, the pods, whether requests arrive \
                 (`reachable`), and in `issues` what is wrong and what to do. `deploying`: a rollout \
                 is unfinished. `running`: all desired pods of the newest release serve. \
                 `degraded`: some serve, but fewer than desired, or only those of an older release. \
                 `failed`: none serves, and waiting does not help. What one reader has read from the \
                 cluster serves others for some seconds, except right after a change. While the cluster \
                 is unreachable, the last observed state is shown. `observed_at` is the time of what is \
                 shown.",
            )
            .json_response::<DeploymentView>(
                200,
                "The deployment.",
                examples::with(examples::deployment_in_list(), details),
            )
            .calls_cluster()
    }
}
