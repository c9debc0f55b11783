//! Whether an automatic revision, or one that was stored again, may stay the newest. That is looked at after it was
//! stored, and before it is applied.

use crate::{deployment::Deployment, previews, work};
use futures::future::{try_join, try_join_all};
use nokube_domain::deployments::{
    Cause, Deletion, DesiredState, Revision, numbers_to_check, overtaken,
};
use nokube_edge::{
    Result,
    automatic::Target,
    now, projects,
    store::{Counter, Store, keys},
};

/// How many revisions that were not applied are searched for the one before them.
const MAX_SEARCHED: u32 = 8;

/// Stores what has to be the newest revision instead of one that nobody asked for at the moment: a person's of the same
/// moment, or what was there before if the build is not to be deployed any more. It is applied by its work item. `None`
/// if the newest revision is right; without a read if somebody has just asked for it.
///
/// # Errors
/// The store failed.
pub async fn replacement(store: &Store, deployment: &Deployment) -> Result<Option<Revision>> {
    let newest = &deployment.revision;
    if !newest.may_overtake() {
        return Ok(None);
    }
    let below = numbers_to_check(newest).map(|number| store.revision(deployment.id(), number));
    let below: Vec<_> = try_join_all(below).await?.into_iter().flatten().collect();
    if let Some(persons) = overtaken(newest, &below) {
        return store_again(store, persons).await.map(Some);
    }
    let last_outcome = deployment.outcome.as_ref().map_or(0, |outcome| outcome.revision);
    if newest.is_decided(last_outcome) || is_wanted(store, deployment).await? {
        return Ok(None);
    }
    let before = match before(store, newest, last_outcome).await? {
        Some(before) => before,
        None => Revision {
            cause: Cause::Delete,
            desired: DesiredState::Deleted(Deletion { delete_volumes: false }),
            ..newest.clone()
        },
    };
    store_again(store, &before).await.map(Some)
}

/// Whether the build of an automatic revision still is the one to deploy.
async fn is_wanted(store: &Store, deployment: &Deployment) -> Result<bool> {
    if let Some(of) = &deployment.record.preview {
        return previews::is_wanted(store, deployment, of).await;
    }
    let (project, name) = (deployment.id().project, &deployment.record.service);
    let target = Target::find(store, project, name).await?;
    let build = deployment.revision.automatic.as_ref().map(|automatic| automatic.build);
    Ok(target.map(|target| target.build) == build)
}

/// The revision on which an automatic one is based; if that is one that was not applied either, the one before it.
async fn before(store: &Store, newest: &Revision, last_outcome: u32) -> Result<Option<Revision>> {
    let mut automatic = newest.automatic.clone();
    for _ in 0..MAX_SEARCHED {
        let number = automatic.map_or(0, |automatic| automatic.based_on);
        match store.revision(newest.deployment_id, number).await? {
            Some(before) if !before.is_decided(last_outcome) => automatic = before.automatic,
            before => return Ok(before),
        }
    }
    Ok(None)
}

/// Stores what a revision desires as the newest one: four writes and a read.
///
/// # Errors
/// The store failed, or the project was deleted.
pub async fn store_again(store: &Store, revision: &Revision) -> Result<Revision> {
    let id = revision.deployment_id;
    let (number, item) =
        try_join(store.increment(&Counter::revisions(id)), work::add_item(store, id)).await?;
    let cause = match (&revision.automatic, &revision.desired) {
        (None, DesiredState::Deployed(_)) => Cause::Apply,
        _ => revision.cause,
    };
    let (work_item, repeats) = (Some(item), Some(revision.repeats.unwrap_or(revision.number)));
    let again = Revision { number, work_item, at: now(), cause, repeats, ..revision.clone() };
    projects::store_record(store, id.project, || keys::revision(id, number), &again).await?;
    Ok(again)
}
