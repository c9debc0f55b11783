//! How many projects a person may own.

use super::name::{DELETED, Numbers, reservation_name};
use crate::settings::Settings;
use futures::future::try_join_all;
use nokube_domain::{
    Person, Problem, ProblemKind, ProjectId, Reason, Timestamp, places::Presence, projects::Project,
};
use nokube_edge::{
    Error, Result,
    places::{Holder, Places, TakenPlace},
    reservation::existing,
    store::{Counter, Limit, Store, keys},
};
use serde::{Deserialize, Serialize};

/// Project numbers that a person may allocate per allowed project. Deleted projects keep their numbers, so this
/// limits how many projects of different names a person can create and delete.
const MAX_NUMBERS_PER_PROJECT: u32 = 10;

/// The project that holds a place.
#[derive(Clone, Serialize, Deserialize)]
pub struct OwnedProject {
    id: ProjectId,
    /// The name of the reservation of its name.
    reservation: String,
    /// That of its numbers. A project that is created again with its old numbers is another one.
    token: u64,
}

impl Holder for OwnedProject {
    /// Two concurrent reads.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        let numbers = existing::<Numbers>(store, &self.reservation);
        let (project, numbers) = futures::join!(store.get(keys::project(self.id)), numbers);
        let is_same = numbers?.is_some_and(|it| it.token == self.token && it.at != DELETED);
        Ok(match project? {
            _ if !is_same => Presence::Ended,
            Some(_) => Presence::Present,
            None => Presence::Absent,
        })
    }
}

/// Checks that the person may own one more project, before anything is reserved.
///
/// # Errors
/// 409 if they have, or have used up the numbers of, as many as allowed.
pub async fn check(store: &Store, person: &Person, reservation: &str) -> Result<()> {
    let max = Settings::load().await?.max_projects;
    let ever_created = store.count(&Counter::owned_projects(person)).await?;
    if ever_created >= max.saturating_mul(MAX_NUMBERS_PER_PROJECT)
        && existing::<Numbers>(store, reservation).await?.is_none()
    {
        return Err(no_numbers());
    }
    match places(store, person, max).has_free(existing_projects(store, person)).await? {
        true => Ok(()),
        false => Err(too_many(max)),
    }
}

/// The next number in the person's list.
///
/// # Errors
/// 409 if they have used up all of them. It counts what others do at the same time.
pub async fn next_number(store: &Store, person: &Person) -> Result<u32> {
    let max = Settings::load().await?.max_projects.saturating_mul(MAX_NUMBERS_PER_PROJECT);
    match store.increment(&Counter::owned_projects(person)).await? {
        number if number <= max => Ok(number),
        _ => Err(no_numbers()),
    }
}

/// Takes a place for a project that is about to be created.
///
/// # Errors
/// 409 if the person has as many projects as allowed.
pub async fn take_place(
    store: &Store,
    person: &Person,
    reservation: &str,
    numbers: &Numbers,
) -> Result<TakenPlace<OwnedProject>> {
    let max = Settings::load().await?.max_projects;
    let project = OwnedProject {
        id: numbers.project,
        reservation: reservation.to_owned(),
        token: numbers.token,
    };
    let places = places(store, person, max);
    let place = places.take(&project, existing_projects(store, person)).await?;
    place.ok_or_else(|| too_many(max))
}

fn places<'a>(store: &'a Store, person: &Person, max: u32) -> Places<'a> {
    Places::new(store, Limit::Projects(person.clone()), max)
}

/// The person's projects from before places were counted.
async fn existing_projects(store: &Store, person: &Person) -> Result<Vec<OwnedProject>> {
    let owner = person.key();
    let project = |id| {
        let owner = &owner;
        async move {
            let Some(Project { name, .. }) = store.get(keys::project(id)).await? else {
                return Ok::<_, Error>(None);
            };
            let reservation = reservation_name(owner, &name);
            let numbers = existing::<Numbers>(store, &reservation).await?;
            Ok(numbers.map(|Numbers { token, .. }| OwnedProject { id, reservation, token }))
        }
    };
    let ids = store.projects_owned_by(person).await?;
    Ok(try_join_all(ids.into_iter().map(project)).await?.into_iter().flatten().collect())
}

fn no_numbers() -> Error {
    let detail = "You have created and deleted too many projects. Use the name of an earlier one.";
    Error::problem(ProblemKind::Conflict, detail)
}

fn too_many(max: u32) -> Error {
    let detail = format!("You have {max} projects, which is the most that this platform allows.");
    Problem::conflict(Reason::TooManyProjects, detail).into()
}
