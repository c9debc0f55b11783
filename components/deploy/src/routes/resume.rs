//! `POST /api/v1/deployments/{deployment}/resume`: builds of pushes are deployed again, after a rollback or a stop.

use crate::{
    cluster::Cluster,
    deployment::Deployment,
    revise::{NewRevision, revise},
};
use nokube_domain::{Problem, Reason, deployments::Cause};
use nokube_edge::{Call, Reply, Result, store::Store};

/// A new revision of the same state. Its work item has the newest build deployed, after the response.
pub async fn resume(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    let state = deployment.state()?.clone().with_automation_paused(None);
    if deployment.revision.automation_pause().is_none() {
        let detail = "Automatic deployment is not paused.";
        return Err(Problem::conflict(Reason::NotPaused, detail).into());
    }
    let cluster = Cluster::new().await?;
    let new = NewRevision::of_same_secrets(&deployment, Cause::Resume, state);
    revise(&call, &store, &cluster, new).await
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use crate::revise::openapi::revise;
    use nokube_contract::prelude::*;

    pub fn resume() -> Operation {
        let operation = Operation::new("resume", "Resume automatic deployment").description(
            "Builds of pushes are deployed automatically again, which a rollback or a stop has \
             paused (`automation_paused`). The newest build is deployed at once, if the service has \
             `deploy_on_build` and that build was not deployed before. Until a build is deployed, a \
             service that is stopped stays stopped.",
        );
        revise(operation).conflict(Reason::NotPaused, "Automatic deployment is not paused.")
    }
}
