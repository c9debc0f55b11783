//! `POST /api/v1/deployments/{deployment}/apply`, `…/restart`, `…/stop`, `…/start`: a new revision of the same
//! release. All objects are applied again, so each of them also restores what somebody else changed.

use crate::{
    cluster::Cluster,
    deployment::Deployment,
    revise::{NewRevision, revise},
};
use nokube_domain::{
    Problem, Reason,
    deployments::{AutomationPause, Cause, DeployedState},
};
use nokube_edge::{Call, Reply, Result, now, store::Store};

/// Replaces no pods, unless somebody else changed what they run.
pub async fn apply(call: Call) -> Result<Reply> {
    change(call, Cause::Apply, |state| Ok(state.clone())).await
}

pub async fn restart(call: Call) -> Result<Reply> {
    change(call, Cause::Restart, |state| {
        if state.stopped {
            let detail = "The deployment is stopped. Start it instead.";
            return Err(Problem::conflict(Reason::DeploymentStopped, detail).into());
        }
        Ok(state.with_restarted_at(now()))
    })
    .await
}

pub async fn stop(call: Call) -> Result<Reply> {
    let pause = pause(&call, Cause::Stop)?;
    let stopped = |state: &DeployedState| {
        Ok(state.with_stopped(true).with_automation_paused(Some(pause.clone())))
    };
    change(call, Cause::Stop, stopped).await
}

pub async fn start(call: Call) -> Result<Reply> {
    change(call, Cause::Start, |state| Ok(state.with_stopped(false))).await
}

/// What a rollback or a stop by the caller does to automatic deployment.
///
/// # Errors
/// 401 on a route that authenticates no caller.
pub fn pause(call: &Call, cause: Cause) -> Result<AutomationPause> {
    Ok(AutomationPause { by: call.caller()?.login.clone(), at: now(), cause })
}

async fn change(
    call: Call,
    cause: Cause,
    next: impl Fn(&DeployedState) -> Result<DeployedState>,
) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    let cluster = Cluster::new().await?;
    let state = next(deployment.state()?)?;
    let new = NewRevision::of_same_secrets(&deployment, cause, state);
    revise(&call, &store, &cluster, new).await
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use crate::revise::openapi::revise;
    use nokube_contract::prelude::*;

    pub fn apply() -> Operation {
        let operation = Operation::new("apply", "Apply a deployment again").description(
            "Applies what was requested last to the cluster again: fields that somebody else changed \
             get their values back, and objects that were removed are created. Pods are replaced \
             only if what they run was changed. Fields that others added stay.",
        );
        revise(operation)
    }

    pub fn restart() -> Operation {
        let operation = Operation::new("restart", "Restart a deployment")
            .description("Replaces the pods by new ones of the same release, without downtime.");
        revise(operation)
            .conflict(Reason::DeploymentStopped, "The deployment is stopped. Start it instead.")
    }

    pub fn stop() -> Operation {
        let operation = Operation::new("stop", "Stop a deployment").description(
            "Removes the pods. Address, configuration and volumes are kept. No build is deployed \
                 automatically until somebody resumes that (`…/resume`).",
        );
        revise(operation)
    }

    pub fn start() -> Operation {
        let operation = Operation::new("start", "Start a deployment").description(
            "Starts as many pods as before. Also restores objects that were removed from the \
             cluster.",
        );
        revise(operation)
    }
}
