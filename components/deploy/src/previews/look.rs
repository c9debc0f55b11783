//! Looks at a pull request, and deploys the build of its target, or deletes its preview.

use super::{
    deploy::{Configuration, deploy},
    goal::{Goal, GoalBuild},
};
use crate::{
    author::Author,
    automatic::complete_attempt,
    cluster::Cluster,
    deletion::delete_as,
    deployment::Deployment,
    services::{ExistingService, find_preview},
};
use nokube_domain::{
    BuildId, ProjectId,
    deployments::{ApplyOutcome, AutomaticRevision, Deletion, Revision, TargetBuild},
    previews::{CurrentPreview, PreviewOf, PreviewStep, last_preview_step, next_preview_step},
    work::Progress,
};
use nokube_edge::{
    Result,
    automatic::{DeploymentAttempt, attempt_name},
    reservation::{Reservation, reserve},
    store::Store,
};

/// How often what is to be done may change while it is done.
const MAX_CHANGES: u32 = 3;

/// How many revisions before a deletion are searched for the build that was deployed.
const MAX_SEARCHED: usize = 20;

/// Deploys the build of the target of a pull request, unless it is deployed or was deleted by a person, or deletes the
/// preview if that has ended. What is rejected is stored, and not tried again until something changes. About 12 reads if
/// nothing is to do; two for a service that never had the preview.
///
/// # Errors
/// The store failed, or the cluster cannot be reached: it is to be looked at again.
pub async fn look(
    store: &Store,
    cluster: &Cluster,
    project: ProjectId,
    of: &PreviewOf,
) -> Result<Progress> {
    for _ in 0..MAX_CHANGES {
        let (goal, present) =
            futures::join!(Goal::find(store, project, of), find_preview(store, project, of));
        let (goal, present) = (goal?, present?);
        let newest = present.as_ref().and_then(|present| present.revision.as_ref());
        let step = match &goal {
            Goal::Nothing => last_preview_step(newest),
            Goal::Unchanged => PreviewStep::Nothing,
            Goal::Build(goal) => {
                let last = last_release(store, cluster, present.as_ref()).await?;
                next_preview_step(&last.with_newest(newest), TargetBuild::new(&goal.build))
            }
        };
        match (step, goal) {
            (PreviewStep::Nothing, _) => return Ok(Progress::Done),
            (PreviewStep::Delete(automatic), _) => {
                end(store, cluster, present.as_ref(), automatic).await?;
            }
            (PreviewStep::Deploy(automatic), Goal::Build(goal)) => {
                let tried = try_to_deploy(store, cluster, &goal, present, automatic).await?;
                if let Some(progress) = tried {
                    return Ok(progress);
                }
            }
            (PreviewStep::Wait | PreviewStep::Deploy(_), _) => return Ok(Progress::Later),
        }
    }
    Ok(Progress::Later)
}

/// What has become of the last release of a preview, besides its newest revision.
struct LastRelease {
    last_build: Option<BuildId>,
    has_lost_secrets: bool,
}

impl LastRelease {
    fn with_newest<'a>(&self, newest: Option<&'a Revision>) -> CurrentPreview<'a> {
        let Self { last_build, has_lost_secrets } = *self;
        CurrentPreview { newest, last_build, has_lost_secrets }
    }
}

async fn last_release(
    store: &Store,
    cluster: &Cluster,
    present: Option<&ExistingService>,
) -> Result<LastRelease> {
    let mut last_release = LastRelease { last_build: None, has_lost_secrets: false };
    let Some((present, newest)) = present.and_then(|it| Some((it, it.revision.as_ref()?))) else {
        return Ok(last_release);
    };
    match newest.deployed() {
        Some(_) => {
            last_release.has_lost_secrets = has_lost_secrets(store, cluster, present).await?;
        }
        None => last_release.last_build = last_build(store, newest).await?,
    }
    Ok(last_release)
}

/// The build that was deployed last before a deletion.
async fn last_build(store: &Store, deletion: &Revision) -> Result<Option<BuildId>> {
    for number in (1..deletion.number).rev().take(MAX_SEARCHED) {
        let earlier = store.revision(deletion.deployment_id, number).await?;
        if let Some(state) = earlier.as_ref().and_then(Revision::deployed) {
            return Ok(state.release.image.build);
        }
    }
    Ok(None)
}

/// Whether a crash has lost the values of its secrets before they reached the cluster. The saved ones are still there.
async fn has_lost_secrets(
    store: &Store,
    cluster: &Cluster,
    present: &ExistingService,
) -> Result<bool> {
    let object = present.state().and_then(|state| state.release.secrets_object.as_deref());
    let Some(object) = object else { return Ok(false) };
    let outcome = store.outcome(present.record.id).await?;
    let is_rejected = outcome.is_some_and(|it| matches!(it.outcome, ApplyOutcome::Rejected { .. }));
    let deployment = match is_rejected {
        true => Deployment::find(store, present.record.id).await?,
        false => None,
    };
    match deployment {
        Some(deployment) => {
            let values = cluster.secret_values(&deployment.tenant(), object).await?;
            Ok(values.is_none())
        }
        None => Ok(false),
    }
}

/// Deletes what is deployed. What the cluster could not do, a work item continues.
async fn end(
    store: &Store,
    cluster: &Cluster,
    present: Option<&ExistingService>,
    automatic: AutomaticRevision,
) -> Result<()> {
    let Some(present) = present else { return Ok(()) };
    // Without its project nothing of it is left, and another request may have deleted it meanwhile.
    let found = Deployment::find(store, present.record.id).await?;
    let Some(mut deployment) = found.filter(|found| !found.is_deleted()) else { return Ok(()) };
    let person = deployment.revision.person.clone();
    let person = person.unwrap_or_else(|| deployment.members.owner.clone());
    let author = Author::of_push(&person, &deployment.revision.by);
    let how = (Deletion { delete_volumes: true }, Some(automatic));
    delete_as(&author, store, cluster, &mut deployment, how).await
}

/// Deploys the build, once upon each revision. `None`: it was done or rejected, and another look is needed.
async fn try_to_deploy(
    store: &Store,
    cluster: &Cluster,
    goal: &GoalBuild,
    present: Option<ExistingService>,
    automatic: AutomaticRevision,
) -> Result<Option<Progress>> {
    let (project, of) = (goal.service.project, &goal.of);
    // It is looked at again once one is saved or the service is deployed.
    let Some(configuration) = Configuration::find(store, &goal.service).await? else {
        return Ok(Some(Progress::Done));
    };
    let name = attempt_name(project, &of.service, automatic.build, automatic.based_on);
    let lease = match reserve::<DeploymentAttempt>(store, &name).await? {
        Reservation::Acquired(lease) => lease,
        Reservation::Existing(DeploymentAttempt { problem: Some(_) }) => {
            return Ok(Some(Progress::Done));
        }
        Reservation::Existing(_) | Reservation::Pending => return Ok(Some(Progress::Later)),
    };
    let deployed = deploy(store, cluster, goal, &configuration, present, automatic).await;
    complete_attempt(store, &lease, deployed).await?;
    Ok(None)
}
