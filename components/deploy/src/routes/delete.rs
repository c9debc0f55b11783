//! `DELETE /api/v1/deployments/{deployment}`: deletes everything that was applied for it; its volume
//! only with `?volumes=true`, its namespace with the project's last deployment and volume.
//!
//! The revision is stored first, so a read continues what the cluster could not do.

use crate::{
    cluster::Cluster,
    deployment::Deployment,
    reconcile::reconcile,
    revise::{new_revision, record_in_audit_log},
    work,
};
use futures::future::try_join;
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    deployments::{ApplyOutcome, Cause, Deletion, DesiredState},
};
use nokube_edge::{
    Call, Reply, Result,
    store::{Counter, Store, WindowName, keys},
};

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
    let (number, item) = try_join(
        store.increment(&Counter::revisions(deployment.id())),
        work::add_item(&store, deployment.id()),
    )
    .await?;
    let desired = DesiredState::Deleted(Deletion { delete_volumes });
    deployment.revision = new_revision(&call, deployment.id(), number, Cause::Delete, desired)?;
    store.set(keys::revision(deployment.id(), number), &deployment.revision).await?;
    record_in_audit_log(&call, &store, &deployment).await?;
    reconcile(&store, &cluster, &mut deployment, None).await?;
    work::remove_item(&store, &deployment, item).await;
    let (id, project) = (deployment.id(), deployment.project.id);
    let cached =
        [WindowName::observation(id), WindowName::events(id), WindowName::observations(project)];
    store.empty_cache(&cached).await;
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
