//! How the record of a project's members and invitations is written and deleted.
//!
//! It is one record, so one write invites somebody, or grants or revokes access. Of concurrent changes one succeeds and
//! the others have to be repeated: otherwise a change that was made from an older version could undo a removal, accept
//! what was withdrawn, or bring back the members of a deleted project.

use nokube_domain::{
    Problem, ProjectId, Timestamp, projects::Members, reservation::is_lease_valid,
};
use nokube_edge::{
    Error, Result, now,
    reservation::{Lease, Reservation, reserve},
    sleep,
    store::{Store, keys},
};
use std::time::Duration;

/// What every change but one of several at once gets.
pub const BUSY: &str = "Somebody is just changing the members of this project. Try again.";

/// How often, and after what time, a deletion looks again whether a change has ended.
const ATTEMPTS: u32 = 20;
const INTERVAL: Duration = Duration::from_millis(100);

/// Writes the version after the one that was read, without the invitations that have ended.
///
/// # Errors
/// 409 if another request writes, or has written or deleted, that version.
pub async fn write(store: &Store, id: ProjectId, members: &mut Members) -> Result<()> {
    let turn = take_turn(store, id, members.version).await?.ok_or_else(busy)?;
    members.version = members.version.wrapping_add(1);
    members.remove_ended_invitations(now());
    store.set(keys::members(id), members).await?;
    turn.end(store).await
}

/// Deletes the record, after changes that are under way, and returns it. `None` if there is none.
///
/// # Errors
/// 409 if a change was interrupted less than a minute ago. The project is not complete then, and can be deleted again.
pub async fn delete(store: &Store, id: ProjectId) -> Result<Option<Members>> {
    for _ in 0..ATTEMPTS {
        let Some(members) = store.get(keys::members(id)).await? else { return Ok(None) };
        if let Some(turn) = take_turn(store, id, members.version).await? {
            store.delete(keys::members(id)).await?;
            turn.end(store).await?;
            return Ok(Some(members));
        }
        sleep(INTERVAL).await;
    }
    Err(busy())
}

/// The right to replace one version. Without a lease, nobody competes for it.
struct Turn(Option<Lease>);

impl Turn {
    async fn end(self, store: &Store) -> Result<()> {
        match self.0 {
            Some(lease) => lease.complete(store, &now()).await,
            None => Ok(()),
        }
    }
}

/// `None` if another request changes, or has changed or deleted, that version.
async fn take_turn(store: &Store, id: ProjectId, version: u32) -> Result<Option<Turn>> {
    let lease = match reserve::<Timestamp>(store, &format!("members/{id}/{version}")).await? {
        Reservation::Acquired(lease) => Some(lease),
        // The version was used by a project that has been deleted since.
        Reservation::Existing(at) if !is_lease_valid(at, now()) => None,
        Reservation::Existing(_) | Reservation::Pending => return Ok(None),
    };
    // The members may have been read before another request wrote them.
    let is_current = store.get(keys::members(id)).await?.is_some_and(|it| it.version == version);
    let is_mine = is_current && lease.as_ref().is_none_or(Lease::is_valid);
    Ok(is_mine.then_some(Turn(lease)))
}

fn busy() -> Error {
    Problem::in_progress(BUSY).into()
}
