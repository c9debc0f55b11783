//! `POST /api/v1/deployments/{deployment}/rollback`: deploys a retained release again, image and
//! configuration. `{"revision": 3}`; without a body, the release that was deployed before the current one.

use super::change::pause;
use crate::{
    cluster::Cluster,
    deployment::Deployment,
    image,
    revise::{NewRevision, revise},
    secrets::check_in_cluster,
};
use nokube_domain::{
    Problem, Reason,
    deployments::{Cause, DeployedState, Release, Revision, Rollback},
};
use nokube_edge::{Call, Reply, Result, store::Store};
use std::num::NonZeroU32;

pub async fn rollback(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    if deployment.record.preview.is_some() {
        let detail = "A preview is not rolled back. Push to its pull request instead.";
        return Err(Problem::conflict(Reason::NoEarlierRelease, detail).into());
    }
    let number = match call.optional_json_fields().await? {
        None => None,
        Some(mut fields) => {
            let request = Rollback::read(&mut fields);
            fields.finish(Some(request.revision.map(NonZeroU32::get)))?
        }
    };
    let current = deployment.state()?;
    let release = match number {
        Some(number) => find_release(&store, &deployment, current, number).await?,
        None => find_earlier_release(&store, &deployment, current).await?,
    };
    let cluster = Cluster::new().await?;
    // The operator's settings may have changed since the release was deployed.
    let settings = &cluster.settings;
    image::check_release(&store, settings, &release, &deployment.project).await?;
    settings.limits.check_spec(&release.spec)?;
    let state =
        DeployedState::with_release(Some(current), release, cluster.settings.retained_releases);
    check_in_cluster(&cluster, &deployment.tenant(), &state).await?;
    let cause = Cause::Rollback;
    let state = state.with_automation_paused(Some(pause(&call, cause)?));
    let new = NewRevision::of_same_secrets(&deployment, cause, state);
    revise(&call, &store, &cluster, new).await
}

async fn find_release(
    store: &Store,
    deployment: &Deployment,
    current: &DeployedState,
    number: u32,
) -> Result<Release> {
    let revision = match deployment.revision.retains(number) {
        true => store.revision(deployment.id(), number).await?,
        false => None,
    };
    match revision.as_ref().and_then(Revision::deployed) {
        Some(state) => Ok(state.release.clone()),
        None => {
            let numbers: Vec<_> =
                current.retained.iter().map(|release| release.number.to_string()).collect();
            let detail = format!(
                "must be one of the retained releases, {} (see …/revisions)",
                numbers.join(", ")
            );
            Err(Problem::invalid_field("revision", detail).into())
        }
    }
}

/// The release that was deployed before the current one was for the first time. So after a rollback, the next one goes
/// further back, and not to the release that was left. Releases of the same content are passed over: one read for each.
async fn find_earlier_release(
    store: &Store,
    deployment: &Deployment,
    current: &DeployedState,
) -> Result<Release> {
    let mut predecessor = current.release.predecessor(&current.retained);
    while let Some(number) = predecessor {
        let revision = store.revision(deployment.id(), number).await?;
        let state = revision.as_ref().and_then(Revision::deployed);
        let Some(release) = state.map(|state| &state.release) else { break };
        if !release.has_same_content(&current.release) {
            return Ok(release.clone());
        }
        predecessor = release.predecessor(&current.retained);
    }
    let detail = "There is no earlier release to roll back to.";
    Err(Problem::conflict(Reason::NoEarlierRelease, detail).into())
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use crate::revise::openapi::revise;
    use nokube_contract::prelude::*;

    pub fn rollback() -> Operation {
        let operation = Operation::new("rollback", "Roll back to an earlier release")
            .description(
                "Restores its image and configuration. Without a body: the release that was \
                 deployed before the current one. After a rollback, that is the one before the \
                 release that was restored. No build is deployed automatically until somebody \
                 resumes that (`…/resume`).",
            )
            .optional_json_body::<Rollback>(json!({ "revision": 3 }));
        revise(operation)
            .conflict(Reason::NoEarlierRelease, "There is no earlier release to roll back to.")
            .conflict(
                Reason::SecretsLost,
                "The values of API_KEY are not in the cluster. Deploy again with them.",
            )
            .problem(
                ProblemKind::Invalid,
                "revision: must be one of the retained releases, 4, 3 (see …/revisions)",
            )
    }
}
