//! How many unfinished builds all projects of one owner may have.

use crate::settings::Limits;
use nokube_domain::{
    BuildId, Person, Problem, ProblemKind, Timestamp,
    builds::{BuildState, ErrorCode, RunRecord, evaluate_status},
    places::Presence,
    rate_limit::{RateLimit, window_start},
};
use nokube_edge::{
    Error, Result,
    auth::AuthSettings,
    builds::{BuildLifetime, unfinished},
    now,
    places::{Holder, Places, TakenPlace},
    store::{Limit, Store, WindowName},
};
use serde::{Deserialize, Serialize};

/// The attempt of a build that holds a place.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    build: BuildId,
    /// `None`: whichever is current. Only for builds from before places were counted.
    number: Option<u32>,
    /// When it was requested; `None` for the first one.
    requested_at: Option<Timestamp>,
    /// Of an attempt that waited for capacity: the random number of who took the place. Of several, one dispatches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dispatched_by: Option<u64>,
}

/// Room for one more attempt.
pub enum Room {
    /// There is no limit.
    Unlimited,
    Place(Box<TakenPlace<Attempt>>),
    /// The owner has as many unfinished builds as this.
    Full(u32),
}

impl Room {
    /// Whether the attempt may still be created.
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Place(place) => place.is_valid(),
            Self::Unlimited | Self::Full(_) => true,
        }
    }

    /// Says that the attempt is not going to be created by the one who took the place.
    ///
    /// # Errors
    /// The store failed.
    pub async fn release(self, store: &Store) -> Result<()> {
        match self {
            Self::Place(place) => place.settle(store).await,
            Self::Unlimited | Self::Full(_) => Ok(()),
        }
    }
}

impl Attempt {
    pub fn first(build: BuildId) -> Self {
        Self { build, number: Some(1), requested_at: None, dispatched_by: None }
    }

    pub fn retry(build: BuildId, number: u32, requested_at: Timestamp) -> Self {
        Self { number: Some(number), requested_at: Some(requested_at), ..Self::first(build) }
    }

    /// An attempt that waits for capacity.
    pub fn waiting(build: BuildId, number: u32, dispatched_by: u64) -> Self {
        let dispatched_by = Some(dispatched_by);
        Self { number: Some(number), dispatched_by, ..Self::first(build) }
    }

    /// Whether it is the current one.
    fn presence_in(&self, run: &RunRecord) -> Presence {
        let current = run.attempt();
        let number = self.number.unwrap_or(current);
        let request = run.attempt_requests.get(&number);
        let requested_at = request.map(|request| request.requested_at);
        let dispatched_by = request.and_then(|request| request.dispatched_by);
        match current.cmp(&number) {
            std::cmp::Ordering::Less => Presence::Absent,
            std::cmp::Ordering::Greater => Presence::Ended,
            // It was requested by somebody else, after a crash of the request that took this place.
            _ if self.requested_at.is_some() && requested_at != self.requested_at => {
                Presence::Ended
            }
            _ if run.waits_for_capacity() => Presence::Absent,
            // It was dispatched by somebody else, who has another place for it.
            _ if dispatched_by.is_some() && dispatched_by != self.dispatched_by => Presence::Ended,
            _ => Presence::Present,
        }
    }
}

impl Holder for Attempt {
    /// As far as the store says; see [`unfinished`]. At most two concurrent reads.
    async fn presence(&self, store: &Store, taken_at: Timestamp) -> Result<Presence> {
        let lifetime = BuildLifetime::load().await?;
        if taken_at.as_second() < lifetime.oldest_dispatched() {
            return Ok(Presence::Ended);
        }
        let BuildId { project, number, .. } = self.build;
        let stored = store.build_with_run(project, number).await?;
        let Some((record, run)) = stored.filter(|(record, _)| record.id == self.build) else {
            return Ok(Presence::Absent);
        };
        let presence = self.presence_in(&run);
        if presence != Presence::Present {
            return Ok(presence);
        }
        if run.final_view().is_some() {
            return Ok(Presence::Ended);
        }
        let evaluated = evaluate_status(&BuildState::new(record, run), lifetime.grace, now());
        // A run that GitHub has not shown in time may still appear.
        let has_ended =
            evaluated.status.is_final() && evaluated.error_code != Some(ErrorCode::NeverStarted);
        Ok(if has_ended { Presence::Ended } else { Presence::Present })
    }
}

/// Checks that the owner may have one more unfinished build, before GitHub is asked about it.
///
/// # Errors
/// 429 at the limit.
pub async fn check(store: &Store, owner: &Person) -> Result<()> {
    let Some((places, max)) = places(store, owner).await? else { return Ok(()) };
    match places.has_free(unfinished_of(store, owner)).await? {
        true => Ok(()),
        false => Err(too_many(max)),
    }
}

/// Takes a place for an attempt.
///
/// # Errors
/// 429 at the limit.
pub async fn take(store: &Store, owner: &Person, attempt: &Attempt) -> Result<Room> {
    match room_for(store, owner, attempt, false).await? {
        Room::Full(max) => Err(too_many(max)),
        room => Ok(room),
    }
}

/// As [`take`], for an attempt that can wait. Nobody requests these, so the rate limit of requests does not count them; but
/// each costs the platform requests to GitHub, and anybody can push again and again. So as many are dispatched in a minute
/// as one person may request. Builds of previews leave the last place, and half of what a minute allows, to those of
/// services: people who can push to a pull request decide how many there are, and how long they take.
pub async fn find_room(
    store: &Store,
    owner: &Person,
    attempt: &Attempt,
    is_preview: bool,
) -> Result<Room> {
    let room = room_for(store, owner, attempt, is_preview).await?;
    let max = AuthSettings::load().await?.max_per_minute(RateLimit::Builds);
    if max == 0 || matches!(room, Room::Full(_)) {
        return Ok(room);
    }
    let start = window_start(now().as_second());
    let previews = WindowName::preview_builds(owner);
    let may_dispatch = (!is_preview
        || store.count_in_window(&previews, start, max.div_ceil(2)).await?)
        && store.count_in_window(&WindowName::push_builds(owner), start, max).await?;
    if may_dispatch {
        return Ok(room);
    }
    room.release(store).await?;
    Ok(Room::Full(max))
}

async fn room_for(
    store: &Store,
    owner: &Person,
    attempt: &Attempt,
    is_preview: bool,
) -> Result<Room> {
    let Some((mut places, max)) = places(store, owner).await? else { return Ok(Room::Unlimited) };
    if is_preview && max > 1 {
        places = Places::new(store, Limit::Builds(owner.clone()), max - 1);
    }
    let place = places.take(attempt, unfinished_of(store, owner)).await?;
    Ok(place.map_or(Room::Full(max), |place| Room::Place(Box::new(place))))
}

async fn places<'a>(store: &'a Store, owner: &Person) -> Result<Option<(Places<'a>, u32)>> {
    let max = Limits::load().await?.max_running;
    let limit = Limit::Builds(owner.clone());
    Ok((max > 0).then(|| (Places::new(store, limit, max), max)))
}

/// The builds of an owner from before places were counted.
async fn unfinished_of(store: &Store, owner: &Person) -> Result<Vec<Attempt>> {
    let mut all = Vec::new();
    for project in store.projects_owned_by(owner).await? {
        let builds = unfinished(store, project, u32::MAX).await?;
        let attempt = |build| Attempt { number: None, ..Attempt::first(build) };
        all.extend(builds.into_iter().map(attempt));
    }
    Ok(all)
}

fn too_many(max: u32) -> Error {
    let detail = format!(
        "{max} builds of this project's owner are under way, which is the most that this platform allows at \
         once."
    );
    Problem::new(ProblemKind::TooMany, detail).with_retry_after(30).into()
}
