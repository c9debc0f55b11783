//! Which services pushes to a repository build: those that hold a place of the repository.

use futures::future::try_join_all;
use nokube_domain::{Problem, ProjectId, Reason, Timestamp, name::ServiceName, places::Presence};
use nokube_edge::{
    Error, Result,
    places::{Holder, Places, TakenPlace},
    pushes::LinkedService,
    random,
    store::{Limit, Store},
};
use serde::{Deserialize, Serialize};

/// Services of people who may push to the repository.
const MAX_OF_PUSHERS: u32 = 40;
/// Services of others. They cannot keep those who may push from theirs.
const MAX_OF_OTHERS: u32 = 10;
/// How many of those one project may have. Requests at once may take more.
const MAX_OF_OTHERS_IN_PROJECT: usize = 3;

/// The service that holds a place. What is saved of it names the place by the token.
#[derive(Clone, Serialize, Deserialize)]
pub struct PushPlace {
    project: ProjectId,
    name: ServiceName,
    repository: u64,
    token: u64,
}

impl PushPlace {
    /// The service, if it holds this place. One read.
    async fn service(&self, store: &Store) -> Result<Option<LinkedService>> {
        let service = LinkedService::find(store, self.project, &self.name).await?;
        Ok(service.filter(|service| {
            let is_repository = service.source.repository_id == self.repository;
            is_repository && service.linked.place == self.token
        }))
    }
}

impl Holder for PushPlace {
    /// One read.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        // Before it is stored it looks as after it was switched off.
        let service = self.service(store).await?;
        Ok(if service.is_some() { Presence::Present } else { Presence::Absent })
    }
}

/// The services that pushes to a repository build: a read for each place, and one for each that was taken.
///
/// # Errors
/// The store failed.
pub async fn of_repository(store: &Store, repository: u64) -> Result<Vec<LinkedService>> {
    let (pushers, others) = (places(store, repository, true), places(store, repository, false));
    let (pushers, others) =
        futures::join!(pushers.holders::<PushPlace>(), others.holders::<PushPlace>());
    let places: Vec<_> = pushers?.into_iter().chain(others?).collect();
    let services = try_join_all(places.iter().map(|place| place.service(store))).await?;
    Ok(services.into_iter().flatten().collect())
}

/// Takes a place for a service that is about to be linked to a repository. Returns its token too.
///
/// # Errors
/// 409 if there is no place.
pub async fn take_place(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    repository: u64,
    may_push: bool,
) -> Result<(TakenPlace<PushPlace>, u64)> {
    if !may_push {
        let others = places(store, repository, false).holders::<PushPlace>().await?;
        let own = others.iter().filter(|place| place.project == project && place.name != *name);
        let own = try_join_all(own.map(|place| place.service(store))).await?;
        if own.into_iter().flatten().count() >= MAX_OF_OTHERS_IN_PROJECT {
            return Err(too_many_in_project());
        }
    }
    let token = random()?;
    let holder = PushPlace { project, name: name.clone(), repository, token };
    let none_earlier = async { Ok(Vec::new()) };
    let taken = places(store, repository, may_push).take(&holder, none_earlier).await?;
    Ok((taken.ok_or_else(|| too_many(may_push))?, token))
}

fn places(store: &Store, repository: u64, may_push: bool) -> Places<'_> {
    let max = if may_push { MAX_OF_PUSHERS } else { MAX_OF_OTHERS };
    Places::new(store, Limit::PushServices { repository, may_push }, max)
}

fn too_many(may_push: bool) -> Error {
    let detail = match may_push {
        true => format!(
            "Pushes to this repository build {MAX_OF_PUSHERS} services already, which is the most \
             that this platform allows. Switch build_on_push off for another one first."
        ),
        false => format!(
            "Pushes to this repository build {MAX_OF_OTHERS} services of people who may not push \
             to it, which is the most that this platform allows. Somebody who may push to it can \
             switch build_on_push on."
        ),
    };
    Problem::conflict(Reason::TooManyServices, detail).into()
}

fn too_many_in_project() -> Error {
    let detail = format!(
        "Pushes to this repository build {MAX_OF_OTHERS_IN_PROJECT} services of this project whose \
         responsible people may not push to it, which is the most that this platform allows. \
         Somebody who may push to it can switch build_on_push on."
    );
    Problem::conflict(Reason::TooManyServices, detail).into()
}
