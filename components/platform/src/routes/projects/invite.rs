//! Invites somebody to a project.
//!
//! The places are taken first, then the invitation is stored with the project's members. After a crash in between, the
//! places are free a minute later. The place in the person's list names the invitation; the project's members alone say
//! whether it is open.

use super::{invitation_limits::take_places, record};
use nokube_domain::{
    Problem, ProjectId, Reason, Role,
    audit::AuditEntry,
    name::Username,
    projects::{Invitation, MAX_MEMBERS, Members},
};
use nokube_edge::{
    Call, Error, Result, audit, now,
    store::{AuditLog, Store},
};

/// # Errors
/// 409 if the project or the person has as many invitations as allowed, or the members are being changed.
pub async fn invite(
    store: &Store,
    call: &Call,
    project: ProjectId,
    members: &mut Members,
    invitation: Invitation,
) -> Result<()> {
    if members.count(now()) >= MAX_MEMBERS {
        let detail = format!("A project may have {MAX_MEMBERS} members and open invitations.");
        return Err(Problem::conflict(Reason::TooManyMembers, detail).into());
    }
    let (username, role) = (invitation.username.clone(), invitation.role);
    let places = take_places(store, &members.owner, project, &invitation).await?;
    members.invitations.push(invitation);
    let stored = match places.are_valid() {
        true => record::write(store, project, members).await,
        false => Err(Error::too_slow("invite somebody")),
    };
    if let Err(error) = stored {
        places.settle(store).await?; // Frees them.
        return Err(error);
    }
    record_role(store, call, project, "invitation.send", &username, role).await?;
    places.settle(store).await
}

/// Adds to the project's audit log that somebody was offered, or has accepted, a role.
pub async fn record_role(
    store: &Store,
    call: &Call,
    project: ProjectId,
    action: &str,
    username: &Username,
    role: Role,
) -> Result<()> {
    let entry = audit::entry_of_caller(call, action, member_path(project, username))?;
    let entry = AuditEntry { role: Some(role), ..entry };
    store.append_audit_entry(&AuditLog::Project(project), &entry).await
}

/// The path of a member or an invitation, as audit logs name it.
pub fn member_path(project: ProjectId, username: &Username) -> String {
    format!("/api/v1/projects/{project}/members/{username}")
}
