//! The previews of a project that are deployed.
//!
//! Each pull request uses up a number for its preview, so their number only grows. What is deployed is therefore found by
//! places: each deployed preview holds one, and has taken it before its first revision was stored.

use crate::{
    Error, Result,
    host::random,
    places::{Holder, Places, TakenPlace},
    store::{
        Store,
        keys::{self, Counter, Limit},
    },
};
use futures::future::try_join_all;
use nokube_domain::{
    DeploymentId, Problem, ProjectId, Reason, Timestamp,
    deployments::{DeploymentRecord, RemainingObjects, Revision},
    places::Presence,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Previews of one project that can be deployed at once. The limit of each owner is lower.
const MAX_DEPLOYED: u32 = 128;
const RETRY_AFTER: u32 = 60;
/// Places above the number of previews: one that a request was about to take cannot be taken for a while.
const SPARE_PLACES: u32 = 8;

/// The preview that holds a place.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeployedPreview {
    id: DeploymentId,
    /// Its newest revision before it got the place.
    after: u32,
    /// Names the place that it got last: it may have had others before it was deleted.
    token: u64,
}

impl Holder for DeployedPreview {
    /// Four reads, two of them in sequence. It holds the place until nothing of it is left in the cluster.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        let (token, newest, outcome) = futures::join!(
            store.get(keys::service_places(self.id)),
            store.newest_revision(self.id),
            store.outcome(self.id)
        );
        let (token, outcome) = (token?, outcome?);
        let newest = newest?.filter(|revision| revision.number > self.after);
        Ok(match newest.filter(|_| token == Some(self.token)) {
            None => Presence::Absent,
            Some(newest) if is_left(&newest.remaining_objects(outcome.as_ref())) => {
                Presence::Present
            }
            Some(_) => Presence::Ended,
        })
    }
}

/// Whether something is left in the cluster. Previews have no volumes.
fn is_left(remaining: &RemainingObjects) -> bool {
    match remaining {
        RemainingObjects::Deployed | RemainingObjects::Terminating => true,
        RemainingObjects::Volume | RemainingObjects::Nothing => false,
    }
}

/// A place of a preview that is about to be deployed.
pub struct DeployedPreviewPlace(TakenPlace<DeployedPreview>);

impl DeployedPreviewPlace {
    /// Frees it if the result of the deployment is that it was rejected. After a failure of the store it is unknown
    /// whether the revision was stored.
    ///
    /// # Errors
    /// That of the deployment; or the store failed.
    pub async fn keep_unless_rejected<T>(self, store: &Store, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Problem(_))) {
            self.0.settle(store).await?;
        }
        result
    }
}

async fn places(store: &Store, project: ProjectId) -> Result<Places<'_>> {
    // Each preview holds at most one.
    let count = store.count(&Counter::previews(project)).await?;
    let max = if count == 0 { 0 } else { count.saturating_add(SPARE_PLACES).min(MAX_DEPLOYED) };
    Ok(Places::new(store, Limit::DeployedPreviews(project), max))
}

/// Takes a place for a preview that is not deployed; its record was stored before. Three writes, the first preview of a
/// project two more. `previous` is its newest revision.
///
/// # Errors
/// 409 if too many previews of the project are deployed; or the store failed.
pub async fn take_place(
    store: &Store,
    id: DeploymentId,
    previous: Option<&Revision>,
) -> Result<DeployedPreviewPlace> {
    let token = random()?;
    let after = previous.map_or(0, |revision| revision.number);
    let preview = DeployedPreview { id, after, token };
    let earlier = async { Ok(Vec::new()) };
    let taken = places(store, id.project).await?.take(&preview, earlier).await?;
    let Some(taken) = taken else {
        let detail = format!(
            "The project has {MAX_DEPLOYED} previews, which is the most that can be deployed."
        );
        let problem = Problem::conflict(Reason::TooManyServices, detail);
        return Err(problem.with_retry_after(RETRY_AFTER).into());
    };
    store.set(keys::service_places(id), &token).await?;
    match taken.is_valid() {
        true => Ok(DeployedPreviewPlace(taken)),
        false => Err(Error::too_slow("deploy a preview")),
    }
}

/// A preview of which something may be left in the cluster.
pub struct RemainingPreview {
    pub record: DeploymentRecord,
    pub newest: Revision,
    pub remaining: RemainingObjects,
}

/// The previews of a project of which something may be left in the cluster. One read for a project without previews; else
/// one for each place, at most 128, and four for each that holds one or held it last.
///
/// # Errors
/// The store failed.
pub async fn remaining(store: &Store, project: ProjectId) -> Result<Vec<RemainingPreview>> {
    let holders: Vec<DeployedPreview> = places(store, project).await?.holders().await?;
    let ids: BTreeMap<_, _> = holders.into_iter().map(|it| (it.id.number, it.id)).collect();
    let found = ids.into_values().map(|id| async move {
        let (record, newest, outcome) = futures::join!(
            store.deployment_by_id(id),
            store.newest_revision(id),
            store.outcome(id)
        );
        let (record, newest, outcome) = (record?, newest?, outcome?);
        let Some((record, newest)) = record.zip(newest) else { return Ok::<_, Error>(None) };
        let remaining = newest.remaining_objects(outcome.as_ref());
        Ok(is_left(&remaining).then_some(RemainingPreview { record, newest, remaining }))
    });
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

/// Whether a project has a preview that is deployed: as many reads as for [`remaining`].
///
/// # Errors
/// The store failed.
pub async fn has_deployed(store: &Store, project: ProjectId) -> Result<bool> {
    let previews = remaining(store, project).await?;
    Ok(previews.iter().any(|preview| preview.newest.deployed().is_some()))
}
