//! Builds that a later push has replaced, or whose preview has ended.

use crate::{
    github::GitHub,
    previews::ended_at,
    waiting::{self, TargetState},
};
use futures::future::try_join_all;
use nokube_domain::{
    BuildId, Timestamp,
    builds::BuildRecord,
    pushes::{PushRecord, superseded_targets},
};
use nokube_edge::{
    Error, Result,
    pushes::{self, LinkedService, build_of},
    store::Store,
};

/// Ends a build that the target of `newest` replaces.
///
/// # Errors
/// The store failed.
pub async fn supersede(
    store: &Store,
    github: &GitHub,
    service: &LinkedService,
    newest: &PushRecord,
    build: BuildId,
) -> Result<()> {
    let at = became_target_at(store, service, newest).await?;
    waiting::supersede(store, github, build, at).await
}

/// When the target of a record became the target.
///
/// # Errors
/// The store failed.
pub async fn became_target_at(
    store: &Store,
    service: &LinkedService,
    newest: &PushRecord,
) -> Result<Timestamp> {
    let number = newest.target.as_ref().map_or(newest.number, |target| target.number);
    if number == newest.number {
        return Ok(newest.at);
    }
    let made_it = store.get(service.pushes().key(number)).await?;
    Ok(made_it.map_or(newest.at, |record| record.at))
}

/// Ends the builds of targets that the newest target replaces. `recent` are the newest records, the newest first; `keep`
/// is its own build. At most two reads for each target, if its build has ended.
///
/// # Errors
/// The store failed.
pub async fn supersede_others(
    store: &Store,
    github: &GitHub,
    service: &LinkedService,
    newest: &PushRecord,
    recent: &[PushRecord],
    keep: BuildId,
) -> Result<()> {
    let targets = superseded_targets(newest, recent);
    let builds = targets.iter().map(|target| async move {
        let build = build_of(store, service.pushes(), target).await?;
        let Some(build) = build.filter(|build| *build != keep) else { return Ok(None) };
        let has_ended = store.run(build).await?.final_view().is_some();
        Ok::<_, Error>(Some(build).filter(|_| !has_ended))
    });
    for build in try_join_all(builds).await?.into_iter().flatten() {
        supersede(store, github, service, newest, build).await?;
    }
    Ok(())
}

/// Whether the build of a push is the one that is wanted now.
///
/// # Errors
/// The store failed.
pub async fn target_state(store: &Store, build: &BuildRecord) -> Result<TargetState> {
    let (project, name) = (build.id.project, &build.spec.service);
    let Some(trigger) = &build.trigger else { return Ok(TargetState::Newest) };
    let service = LinkedService::find(store, project, name).await?;
    let service = match build.pull_request() {
        Some(number) => service.map(|service| service.with_pull_request(number)),
        None => service,
    };
    let newest = match &service {
        Some(service) => pushes::newest(store, service).await?,
        None => None,
    };
    if build.pull_request().is_some()
        && let Some(since) = ended_at(service.as_ref(), newest.as_ref())
    {
        return Ok(TargetState::Superseded(since));
    }
    // Pushes have not found anything to build since the service has its present branch.
    let target = newest.as_ref().and_then(|newest| newest.target.as_ref());
    let (Some(service), Some(newest), Some(target)) = (&service, &newest, target) else {
        return Ok(TargetState::Newest);
    };
    let key = target.key();
    Ok(match build_of(store, service.pushes(), &key).await? {
        Some(wanted) if wanted == build.id => TargetState::Newest,
        None if key == (trigger.base, build.commit.clone()) => TargetState::Unknown,
        Some(_) | None => TargetState::Superseded(became_target_at(store, service, newest).await?),
    })
}
