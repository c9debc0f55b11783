//! How many open invitations somebody may have: in all, and of one owner.
//!
//! An invitation takes a place of either limit, which is free when it has ended. A person who has declined some
//! invitations of an owner gets no more of them for the rest of the week, so others can fill a person's list only until
//! the person has declined what they sent.

use nokube_domain::{
    Person, Problem, ProjectId, Reason, Timestamp, name::Username, places::Presence,
    projects::Invitation,
};
use nokube_edge::{
    Error, Result, now,
    places::{Holder, Places, TakenPlace},
    store::{Limit, Store, WindowName, keys},
};
use serde::{Deserialize, Serialize};

/// Open invitations of a person.
const MAX_RECEIVED: u32 = 50;
/// Open invitations that an owner can have sent to one person.
const MAX_SENT: u32 = 5;
/// Invitations of an owner that a person declines in a week until that owner can send them no more.
const MAX_DECLINED: u32 = 3;
const WEEK_SECONDS: i64 = 7 * 24 * 60 * 60;

/// The invitation that holds a place.
#[derive(Clone, Serialize, Deserialize)]
pub struct SentInvitation {
    pub project: ProjectId,
    /// That of the invitation.
    pub id: u64,
    pub expires_at: Timestamp,
}

impl Holder for SentInvitation {
    /// One read, unless it has expired.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        if self.has_expired() {
            return Ok(Presence::Ended);
        }
        let members = store.get(keys::members(self.project)).await?;
        let is_there = members.is_some_and(|it| it.invitations.iter().any(|it| it.id == self.id));
        Ok(if is_there { Presence::Present } else { Presence::Absent })
    }
}

impl SentInvitation {
    pub fn has_expired(&self) -> bool {
        self.expires_at <= now()
    }
}

/// The places of an invitation, one of either limit.
pub struct TakenPlaces([TakenPlace<SentInvitation>; 2]);

impl TakenPlaces {
    /// Whether the invitation may still be stored.
    pub fn are_valid(&self) -> bool {
        self.0.iter().all(TakenPlace::is_valid)
    }

    /// As [`TakenPlace::settle`]: two writes.
    pub async fn settle(self, store: &Store) -> Result<()> {
        for place in self.0 {
            place.settle(store).await?;
        }
        Ok(())
    }
}

/// Takes the places of an invitation that is about to be stored.
///
/// # Errors
/// 409 if the person has as many open invitations as allowed, or has declined the owner's.
pub async fn take_places(
    store: &Store,
    owner: &Person,
    project: ProjectId,
    invitation: &Invitation,
) -> Result<TakenPlaces> {
    let Invitation { id, person, username, expires_at, .. } = invitation;
    if store.is_window_full(&WindowName::declined_invitations(owner, person), this_week()).await? {
        return Err(too_many_declined(username));
    }
    let invitation = SentInvitation { project, id: *id, expires_at: *expires_at };
    let sent = sent(store, owner, person).take(&invitation, none()).await?;
    let sent = sent.ok_or_else(|| too_many_sent(username))?;
    let Some(received) = received(store, person).take(&invitation, none()).await? else {
        sent.settle(store).await?; // Frees it.
        return Err(too_many_received(username));
    };
    Ok(TakenPlaces([sent, received]))
}

/// Counts an invitation of the owner that the person has declined.
pub async fn count_declined(store: &Store, owner: &Person, person: &Person) -> Result<()> {
    let name = WindowName::declined_invitations(owner, person);
    store.count_in_window(&name, this_week(), MAX_DECLINED - 1).await.map(drop)
}

/// The invitations that the person has, and some that have ended: one read for each place.
pub async fn of_person(store: &Store, person: &Person) -> Result<Vec<SentInvitation>> {
    received(store, person).holders().await
}

fn received<'a>(store: &'a Store, person: &Person) -> Places<'a> {
    Places::new(store, Limit::Invitations(person.clone()), MAX_RECEIVED)
}

fn sent<'a>(store: &'a Store, owner: &Person, person: &Person) -> Places<'a> {
    let limit = Limit::SentInvitations { owner: owner.clone(), person: person.clone() };
    Places::new(store, limit, MAX_SENT)
}

/// There were no invitations before their places were counted.
async fn none() -> Result<Vec<SentInvitation>> {
    Ok(Vec::new())
}

/// When the week began, in seconds since 1970.
fn this_week() -> i64 {
    now().as_second().div_euclid(WEEK_SECONDS) * WEEK_SECONDS
}

fn too_many_sent(username: &Username) -> Error {
    let detail = format!(
        "{username} has {MAX_SENT} open invitations of yours, which is the most that the platform allows. Wait \
         for an answer, or withdraw one."
    );
    Problem::conflict(Reason::TooManyInvitations, detail).into()
}

fn too_many_received(username: &Username) -> Error {
    let detail = format!(
        "{username} has {MAX_RECEIVED} open invitations, which is the most that the platform allows. Ask them \
         to decline some."
    );
    Problem::conflict(Reason::TooManyInvitations, detail).into()
}

fn too_many_declined(username: &Username) -> Error {
    let detail = format!(
        "{username} has declined {MAX_DECLINED} invitations of yours and gets no more of them this week."
    );
    Problem::conflict(Reason::InvitationsDeclined, detail).into()
}
