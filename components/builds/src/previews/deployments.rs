//! Asks the component `deploy` to look at the previews of a service, when one of them may have to be deployed or deleted.
//!
//! A request that ends previews, or that has them deployed without a new build, adds a work item first. The item is kept
//! until each preview is as it should be.

use super::seen;
use crate::deployer;
use nokube_domain::{
    BuildId, ProjectId, Timestamp,
    deployments::TargetBuild,
    name::ServiceName,
    previews::{PreviewGoal, preview_goal},
    work::{BuildTask, Progress},
};
use nokube_edge::{
    Error, Result,
    builds::summary,
    now,
    pushes::{LinkedService, PushesOf, build_of, newest},
    services::{delete_pull_requests, preview_deployment_of},
    spawn_for,
    store::{Store, keys},
    warn,
    work::WorkQueue,
};
use std::time::Duration;

/// Seconds after which what a work item is about was stored, or never is: requests do not take that long.
const STORED_AFTER: i64 = 60;

/// How long it goes on after the response.
const AFTER_RESPONSE: Duration = Duration::from_secs(20);

/// What is to be deployed for a pull request.
enum Goal {
    /// What is deployed is to be deleted.
    Nothing,
    /// This build has succeeded.
    Build(BuildId),
    /// Its build has not succeeded: what is deployed stays.
    Unchanged,
}

/// Adds the work item to look at the previews of a service, or at that of one pull request, before the change is stored
/// that it is about. Two writes.
///
/// # Errors
/// The store failed.
pub async fn add_item(store: &Store, of: PushesOf<'_>) -> Result<u32> {
    let PushesOf { project, service, pull_request } = of;
    let task = BuildTask::Previews { project, service: service.clone(), pull_request };
    WorkQueue::builds().add(store, &task).await
}

/// Processes the work item that was added at `added_at`: looks at previews. May be repeated, by several requests at once.
///
/// # Errors
/// The store failed.
pub async fn process(store: &Store, of: PushesOf<'_>, added_at: Timestamp) -> Result<Progress> {
    let progress = look_at_all(store, of).await?;
    let age = now().as_second().saturating_sub(added_at.as_second());
    Ok(if age < STORED_AFTER { Progress::Later } else { progress })
}

/// As [`process`], for the request that has stored what the item is about: after its response, and without waiting.
pub fn process_now(store: &Store, project: ProjectId, name: &ServiceName, item: u32) {
    let (store, name) = (store.clone(), name.clone());
    spawn_for(AFTER_RESPONSE, async move {
        let of = PushesOf { project, service: &name, pull_request: None };
        let done = async {
            if look_at_all(&store, of).await? == Progress::Done {
                WorkQueue::builds().remove(&store, item).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = done.await {
            warn(format_args!("the previews of {project} {name}: {error}"));
        }
    });
}

/// At most ten reads for each pull request. What is stored about the pull requests of a service that was removed is deleted
/// once nothing is deployed for them.
async fn look_at_all(store: &Store, of: PushesOf<'_>) -> Result<Progress> {
    let PushesOf { project, service: name, pull_request } = of;
    let record = store.get(keys::service(project, name)).await?;
    let service = LinkedService::of_record(project, name, record.as_ref());
    let numbers = match pull_request {
        Some(number) => [number].into(),
        None => seen::with_previews(store, project, name).await?,
    };
    let mut progress = Progress::Done;
    for number in numbers {
        let service = service.as_ref().map(|service| service.with_pull_request(number));
        let goal = Goal::find(store, service.as_ref()).await?;
        progress = progress.and(ask_if_due(store, project, name, number, &goal).await?);
    }
    let is_removed = record.is_none_or(|record| record.source.is_none());
    if is_removed && pull_request.is_none() && progress == Progress::Done {
        delete_pull_requests(store, project, name).await?;
    }
    Ok(progress)
}

/// Asks `deploy` to look at the preview of a pull request, if it is not as it should be. `service` is with the pull
/// request. At most ten reads.
///
/// # Errors
/// The store failed.
pub async fn look_at(store: &Store, service: &LinkedService) -> Result<Progress> {
    let Some(number) = service.pull_request else { return Ok(Progress::Done) };
    let goal = Goal::find(store, Some(service)).await?;
    ask_if_due(store, service.project, &service.name, number, &goal).await
}

impl Goal {
    /// `service` is with the pull request; `None` if pushes build nothing any more.
    async fn find(store: &Store, service: Option<&LinkedService>) -> Result<Self> {
        let Some(service) = service else { return Ok(Self::Nothing) };
        let newest = newest(store, service).await?;
        let target = match preview_goal(service.source.preview_mode(), newest.as_ref(), true) {
            PreviewGoal::Nothing => return Ok(Self::Nothing),
            PreviewGoal::Unchanged => return Ok(Self::Unchanged),
            PreviewGoal::Target(target) => target,
        };
        let Some(build) = build_of(store, service.pushes(), &target.key()).await? else {
            return Ok(Self::Unchanged);
        };
        let view = summary(store, build).await?;
        Ok(match view.as_ref().map(TargetBuild::new) {
            Some(TargetBuild::Image(build)) => Self::Build(build),
            Some(TargetBuild::ImageNotShown | TargetBuild::NoImage) | None => Self::Unchanged,
        })
    }
}

/// Asks `deploy` to look at the preview, unless it is as it should be, as last known here. At most four reads.
async fn ask_if_due(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    number: u32,
    goal: &Goal,
) -> Result<Progress> {
    let newest = match preview_deployment_of(store, project, name, number).await? {
        Some(id) => store.newest_revision(id).await?,
        None => None,
    };
    let deployed = newest.as_ref().and_then(|newest| newest.deployed());
    let is_due = match goal {
        Goal::Nothing => deployed.is_some(),
        Goal::Build(build) => {
            deployed.is_none_or(|deployed| deployed.release.image.build != Some(*build))
        }
        Goal::Unchanged => false,
    };
    Ok(match is_due {
        true => deployer::look_at_preview(project, name, number).await,
        false => Progress::Done,
    })
}
