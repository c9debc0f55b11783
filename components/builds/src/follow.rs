//! Follows a build until it has ended: what its work item is for, and what a webhook about its run asks for.

use crate::{
    deployer,
    github::GitHub,
    pushes::{report_build, target_state},
    status::refreshed,
    waiting::{TargetState, dispatch_waiting, supersede},
};
use nokube_domain::{
    BuildId, Timestamp,
    builds::{BuildRecord, BuildView, Status, Trigger},
    previews::PreviewMode,
    work::Progress,
};
use nokube_edge::{
    Result, now,
    pushes::{LinkedService, build_of, newest},
    spawn_for,
    store::Store,
    warn,
    work::WorkQueue,
};
use std::time::Duration;

/// Seconds after which an item without a build is dropped: the request that added it failed.
const DROPPED_AFTER: i64 = 300;

/// How long a read goes on after its response.
const AFTER_READ: Duration = Duration::from_secs(20);

/// Refreshes a build as a read does, ends it if a later push has replaced it, dispatches builds that wait for its end,
/// reports the commit status of a push, and asks for the build to be deployed if it has succeeded. May be repeated, by
/// several requests at once. `added_at` is when the work item was added.
///
/// # Errors
/// The store failed, or GitHub does not answer.
pub async fn follow(
    store: &Store,
    github: &GitHub,
    id: BuildId,
    added_at: Timestamp,
) -> Result<Progress> {
    let Some(mut build) = refreshed(store, id).await? else {
        let age = now().as_second().saturating_sub(added_at.as_second());
        return Ok(Progress::done_if(age >= DROPPED_AFTER));
    };
    let record = record_of_push(store, &build.view).await?;
    if let Some(record) = &record
        && !build.view.status.is_final()
        && let TargetState::Superseded(since) = target_state(store, record).await?
    {
        supersede(store, github, id, since).await?;
        if let Some(refreshed) = refreshed(store, id).await? {
            build = refreshed;
        }
    }
    finish(store, github, record.as_ref(), &build.view, build.is_complete).await
}

/// As [`follow`], and removes the build's work item if nothing is left to do.
///
/// # Errors
/// As [`follow`].
pub async fn follow_now(store: &Store, github: &GitHub, id: BuildId) -> Result<()> {
    let progress = follow(store, github, id, now()).await?;
    remove_item_if_done(store, id, progress).await
}

/// The record of a build that a push has started.
async fn record_of_push(store: &Store, view: &BuildView) -> Result<Option<BuildRecord>> {
    match view.trigger {
        Trigger::Manual => Ok(None),
        Trigger::Push | Trigger::PullRequest => store.build_by_id(view.build_id).await,
    }
}

/// What follows from the present view of a build.
async fn finish(
    store: &Store,
    github: &GitHub,
    record: Option<&BuildRecord>,
    view: &BuildView,
    is_complete: bool,
) -> Result<Progress> {
    if view.status.is_final() {
        dispatch_waiting(store).await?;
    }
    let Some(record) = record else {
        return Ok(Progress::done_if(is_complete));
    };
    let service = LinkedService::find(store, record.id.project, &record.spec.service).await?;
    let mut progress = Progress::done_if(is_complete);
    if let Some(service) = &service {
        let is_reported = report_build(store, github, service, record).await?;
        progress = progress.and(Progress::done_if(is_reported));
        if is_complete && view.status == Status::Success {
            progress = progress.and(deploy(service, record).await);
        }
    }
    Ok(progress)
}

/// Asks for a build that has succeeded to be deployed, if it may be the one that is to be.
async fn deploy(service: &LinkedService, build: &BuildRecord) -> Progress {
    let LinkedService { project, name, source, .. } = service;
    match build.pull_request() {
        None if source.deploy_on_build => deployer::look_at_service(*project, name).await,
        Some(number) if source.preview_mode() == PreviewMode::Deploy => {
            deployer::look_at_preview(*project, name, number).await
        }
        None | Some(_) => Progress::Done,
    }
}

/// After a read has found that a build has ended: the rest, without letting the reader wait. If it is interrupted, the
/// work item is left.
pub fn finish_after_read(store: &Store, view: &BuildView, is_complete: bool) {
    let (store, view) = (store.clone(), view.clone());
    spawn_for(AFTER_READ, async move {
        if let Err(error) = finish_build(&store, &view, is_complete).await {
            warn(format_args!("the end of {}: {error}", view.build_id));
        }
    });
}

/// After a read of a service whose builds are deployed: what is left of the build of its newest push, if it has ended.
/// Otherwise as [`finish_after_read`]. Five reads.
pub fn finish_target_after_read(store: &Store, service: &LinkedService) {
    let (store, service) = (store.clone(), service.clone());
    spawn_for(AFTER_READ, async move {
        if let Err(error) = finish_target(&store, &service).await {
            let LinkedService { project, name, .. } = service;
            warn(format_args!("the newest build of {project} {name}: {error}"));
        }
    });
}

async fn finish_target(store: &Store, service: &LinkedService) -> Result<()> {
    let target = newest(store, service).await?.and_then(|newest| newest.target);
    let Some(target) = target else { return Ok(()) };
    let Some(build) = build_of(store, service.pushes(), &target.key()).await? else {
        return Ok(());
    };
    let run = store.run(build).await?;
    let Some(item) = run.work_item.filter(|_| run.final_view().is_some()) else { return Ok(()) };
    match WorkQueue::builds().get(store, item).await? {
        Some(_) => follow_now(store, &GitHub::new().await?, build).await,
        None => Ok(()),
    }
}

async fn finish_build(store: &Store, view: &BuildView, is_complete: bool) -> Result<()> {
    let github = GitHub::new().await?;
    let record = record_of_push(store, view).await?;
    let progress = finish(store, &github, record.as_ref(), view, is_complete).await?;
    remove_item_if_done(store, view.build_id, progress).await
}

async fn remove_item_if_done(store: &Store, id: BuildId, progress: Progress) -> Result<()> {
    if progress == Progress::Later {
        return Ok(());
    }
    match store.run(id).await?.work_item {
        Some(number) => WorkQueue::builds().remove(store, number).await,
        None => Ok(()),
    }
}
