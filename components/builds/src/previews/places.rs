//! How many previews all projects of one owner may have at once.

use crate::settings::Limits;
use nokube_domain::{
    Person, Problem, ProjectId, Timestamp, name::ServiceName, places::Presence, pushes::PushRecord,
};
use nokube_edge::{
    Result,
    places::{Holder, Places, TakenPlace},
    pushes::{LinkedService, newest},
    store::{Limit, Store, keys},
};
use serde::{Deserialize, Serialize};

/// The preview that holds a place. The record with this number has taken it, and later ones keep it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewPlace {
    project: ProjectId,
    service: ServiceName,
    pull_request: u32,
    number: u32,
}

impl Holder for PreviewPlace {
    /// Three reads in sequence.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        let service = LinkedService::find(store, self.project, &self.service).await?;
        let service = service.filter(|service| service.source.previews.is_some());
        let Some(service) = service else { return Ok(Presence::Ended) };
        let newest = newest(store, &service.with_pull_request(self.pull_request)).await?;
        Ok(match newest {
            Some(newest)
                if newest.preview_place == Some(self.number)
                    && newest.preview_target().is_some() =>
            {
                Presence::Present
            }
            // It has ended, or the pull request no longer touches the service, or another look has taken another place.
            Some(newest) if newest.number >= self.number => Presence::Ended,
            Some(_) | None => Presence::Absent,
        })
    }
}

/// Whether a preview may be built.
pub enum Room {
    /// It has its place already.
    Held,
    Taken(Box<TakenPlace<PreviewPlace>>),
    /// The owner has as many previews as the platform allows.
    Full,
}

/// A place for the preview that `record`, which is about to be written, wants to be built. One read for each place, and
/// one; if it has none, two writes and the reads of [`Places::take`].
///
/// # Errors
/// The store failed, or the project was deleted.
pub async fn hold(store: &Store, service: &LinkedService, record: &PushRecord) -> Result<Room> {
    let Some(pull_request) = service.pull_request else { return Ok(Room::Held) };
    let holder = |number| PreviewPlace {
        project: service.project,
        service: service.name.clone(),
        pull_request,
        number,
    };
    let places = places(store, &owner(store, service.project).await?).await?;
    // Another preview may have taken it while this one had ended, or while previews were off.
    if let Some(held) = record.preview_place.map(holder)
        && places.holders::<PreviewPlace>().await?.contains(&held)
    {
        return Ok(Room::Held);
    }
    let taken = places.take(&holder(record.number), none_earlier()).await?;
    Ok(taken.map_or(Room::Full, |place| Room::Taken(Box::new(place))))
}

/// Whether one more preview can be started now.
///
/// # Errors
/// The store failed, or the project was deleted.
pub async fn has_free(store: &Store, project: ProjectId) -> Result<bool> {
    let places = places(store, &owner(store, project).await?).await?;
    places.has_free(none_earlier()).await
}

/// The pull requests of a service that hold places, or held them last: a read for each place, and one.
///
/// # Errors
/// The store failed.
pub async fn holders(store: &Store, project: ProjectId, name: &ServiceName) -> Result<Vec<u32>> {
    let Some(members) = store.get(keys::members(project)).await? else { return Ok(Vec::new()) };
    let holders = places(store, &members.owner).await?.holders::<PreviewPlace>().await?;
    let own = holders.into_iter().filter(|it| it.project == project && it.service == *name);
    Ok(own.map(|place| place.pull_request).collect())
}

async fn owner(store: &Store, project: ProjectId) -> Result<Person> {
    let members = store.get(keys::members(project)).await?;
    Ok(members.ok_or_else(|| Problem::not_found("project"))?.owner)
}

async fn places<'a>(store: &'a Store, owner: &Person) -> Result<Places<'a>> {
    let max = Limits::load().await?.max_previews;
    Ok(Places::new(store, Limit::Previews(owner.clone()), max))
}

/// Earlier releases had no previews.
async fn none_earlier() -> Result<Vec<PreviewPlace>> {
    Ok(Vec::new())
}
