//! Invitations to a project: who is asked to become a member, and until when.
//!
//! They are stored with the project's members, so that one write accepts, declines or withdraws one. Their end is not
//! written: it follows from the time.

use super::{Member, Members};
use crate::{Person, Role, Timestamp, UnknownFields, name::Username, whole_seconds};
use serde::{Deserialize, Serialize};

/// How long an invitation can be accepted, in seconds: a week.
pub const INVITATION_SECONDS: i64 = 7 * 24 * 60 * 60;

/// An invitation that was neither accepted, declined nor withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Random. Another invitation of the same person has another one.
    pub id: u64,
    pub person: Person,
    /// The person's username on this platform, which never changes.
    pub username: Username,
    pub role: Role,
    pub invited_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// Who has got a role by [`Members::assign_role`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// Nobody: the person is neither a member nor invited.
    Nobody,
    /// The person had this role already.
    Unchanged,
    Member,
    /// The person gets this role when they accept.
    Invitation,
}

impl Invitation {
    pub fn new(id: u64, person: Person, username: Username, role: Role, now: Timestamp) -> Self {
        let invited_at = whole_seconds(now);
        let end = invited_at.as_second().saturating_add(INVITATION_SECONDS);
        let expires_at = Timestamp::from_second(end).unwrap_or(Timestamp::MAX);
        let unknown_fields = UnknownFields::default();
        Self { id, person, username, role, invited_at, expires_at, unknown_fields }
    }

    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The member that the person becomes. `number` is that of the membership in their list.
    pub fn into_member(self, number: u32) -> Member {
        let Self { person, username, role, .. } = self;
        Member { person, username, role, number, unknown_fields: UnknownFields::default() }
    }
}

impl Members {
    pub fn open_invitations(&self, now: Timestamp) -> impl Iterator<Item = &Invitation> {
        self.invitations.iter().filter(move |invitation| invitation.is_open(now))
    }

    /// The number of members besides the owner, with those who are invited.
    pub fn count(&self, now: Timestamp) -> usize {
        self.others.len().saturating_add(self.open_invitations(now).count())
    }

    /// Gives a role to a member, or to somebody with an open invitation.
    pub fn assign_role(&mut self, person: &Person, role: Role, now: Timestamp) -> Assigned {
        let member = self.others.iter_mut().find(|other| other.person == *person);
        let mut invitations = self.invitations.iter_mut();
        let (current, assigned) = match member {
            Some(member) => (&mut member.role, Assigned::Member),
            None => match invitations.find(|it| it.person == *person && it.is_open(now)) {
                Some(invitation) => (&mut invitation.role, Assigned::Invitation),
                None => return Assigned::Nobody,
            },
        };
        if *current == role {
            return Assigned::Unchanged;
        }
        *current = role;
        assigned
    }

    /// Removes the open invitation for which `is_it` is true, and all that have ended.
    pub fn take_invitation(
        &mut self,
        now: Timestamp,
        is_it: impl Fn(&Invitation) -> bool,
    ) -> Option<Invitation> {
        self.remove_ended_invitations(now);
        let index = self.invitations.iter().position(is_it)?;
        Some(self.invitations.remove(index))
    }

    pub fn remove_ended_invitations(&mut self, now: Timestamp) {
        self.invitations.retain(|invitation| invitation.is_open(now));
    }
}
