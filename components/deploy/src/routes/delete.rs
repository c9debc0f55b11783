//! `DELETE /api/v1/deployments/{deployment}`: deletes everything that was applied for it; its volume
//! only with `?volumes=true`, its namespace with the project's last deployment and volume.
//!
//! The revision is stored first, so a read continues what the cluster could not do.

use crate::{author::Author, cluster::Cluster, deletion::delete_as, deployment::Deployment};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    deployments::{ApplyOutcome, Deletion, DesiredState},
};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn delete(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["volumes"])?;
    let delete_volumes = call.query_flag("volumes")?;
    let store = Store::open().await?;
    let mut deployment = Deployment::load(&call, &store).await?;
    let cluster = Cluster::new().await?;
    // A deleted deployment can be deleted again if that failed, or to delete the volume that was left.
    if let DesiredState::Deleted(previous) = &deployment.revision.desired
        && deployment.is_reconciled()
        && (previous.delete_volumes || !delete_volumes)
    {
        return Err(Problem::not_found("deployment").into());
    }
    let author = Author::of_caller(&call)?;
    let deletion = Deletion { delete_volumes };
    delete_as(&author, &store, &cluster, &mut deployment, (deletion, None)).await?;
    match deployment.revision_outcome().map(|outcome| &outcome.outcome) {
        Some(ApplyOutcome::Interrupted(reason)) => {
            let detail = format!(
                "{reason} The deployment is marked as deleted; delete it again to remove the rest."
            );
            Err(Problem::new(ProblemKind::UpstreamUnavailable, detail).with_retry_after(5).into())
        }
        _ => Ok(Reply::empty(StatusCode::NO_CONTENT)),
    }
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use crate::revise::openapi::STILL_DELETING;
    use nokube_contract::prelude::*;

    pub fn delete() -> Operation {
        Operation::new("deleteDeployment", "Delete a deployment")
            .description(
                "Deletes all its objects from the cluster. Volumes are kept unless `volumes` is set.",
            )
            .query_flag("volumes", "Also delete its volumes.")
            .empty_response(204, "The deployment was deleted.")
            .problem(ProblemKind::Conflict, STILL_DELETING)
            .calls_cluster()
    }
}
