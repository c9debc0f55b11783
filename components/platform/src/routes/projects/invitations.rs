//! `GET /api/v1/invitations` · `POST /api/v1/invitations/{project}/accept` · `DELETE /api/v1/invitations/{project}`: the
//! caller's own invitations.
//!
//! The project's members say whether an invitation is open, also if it is missing in the caller's list. A project to
//! which the caller is not invited, or not any more, is like one that does not exist.
//!
//! Accepting writes the number and the membership in the caller's list first: after a crash in between, the invitation
//! is still open, and accepting again uses the same number.

use super::{
    invitation_limits::{SentInvitation, count_declined, of_person},
    invite::{member_path, record_role},
    record,
};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProjectId, Reason,
    access::find_role,
    audit::AuditEntry,
    projects::{Members, Project},
    responses::{ProjectView, ReceivedInvitation, ReceivedInvitations},
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now,
    store::{AuditLog, Counter, Store, keys},
};

/// Maximum number of memberships that a person can have over time.
const MAX_MEMBERSHIPS: u32 = 1_000;

/// One read for each place of the caller's invitations, and two for each invitation.
pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    let sent = of_person(&store, person).await?;
    let views =
        sent.iter().filter(|sent| !sent.has_expired()).map(|sent| find(&store, person, sent));
    let mut invitations: Vec<_> = try_join_all(views).await?.into_iter().flatten().collect();
    invitations.sort_by_key(|invitation| std::cmp::Reverse(invitation.invited_at));
    Ok(Reply::json(StatusCode::OK, &ReceivedInvitations { invitations }))
}

pub async fn accept(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id = call.path_parameter("project", "invitation")?;
    let store = Store::open().await?;
    let caller = call.caller()?;
    let (project, mut members) = load(&store, id).await?.ok_or_else(not_found)?;
    if let Some(role) = find_role(caller, &members) {
        return Ok(Reply::json(StatusCode::OK, &ProjectView { project, role }));
    }
    let invitation = members.take_invitation(now(), |it| it.person == caller.person);
    let invitation = invitation.ok_or_else(not_found)?;
    let number = membership_number(&store, &caller.person, id).await?;
    store.set(keys::membership(&caller.person, number), &id).await?;
    let role = invitation.role;
    let username = invitation.username.clone();
    members.others.push(invitation.into_member(number));
    record::write(&store, id, &mut members).await?;
    record_role(&store, &call, id, "invitation.accept", &username, role).await?;
    Ok(Reply::json(StatusCode::OK, &ProjectView { project, role }))
}

pub async fn decline(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id = call.path_parameter("project", "invitation")?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    let (_, mut members) = load(&store, id).await?.ok_or_else(not_found)?;
    let invitation = members.take_invitation(now(), |it| it.person == *person);
    let invitation = invitation.ok_or_else(not_found)?;
    record::write(&store, id, &mut members).await?;
    count_declined(&store, &members.owner, person).await?;
    // The owner reads the log. Somebody who wants nothing from them does not reveal their address.
    let object = member_path(id, &invitation.username);
    let entry = audit::entry_of_caller(&call, "invitation.decline", object)?;
    let entry = AuditEntry { from: None, ..entry };
    store.append_audit_entry(&AuditLog::Project(id), &entry).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn not_found() -> Error {
    Problem::not_found("invitation").into()
}

/// Two concurrent reads.
async fn load(store: &Store, id: ProjectId) -> Result<Option<(Project, Members)>> {
    let (project, members) =
        futures::join!(store.get(keys::project(id)), store.get(keys::members(id)));
    Ok(project?.zip(members?))
}

async fn find(
    store: &Store,
    person: &Person,
    sent: &SentInvitation,
) -> Result<Option<ReceivedInvitation>> {
    let Some((project, members)) = load(store, sent.project).await? else { return Ok(None) };
    let invitation = members.open_invitations(now()).find(|it| it.id == sent.id);
    Ok(invitation.filter(|it| it.person == *person).map(|it| ReceivedInvitation {
        project_id: project.id,
        project_name: project.name,
        owner: project.owner.clone(),
        role: it.role,
        invited_by: project.owner,
        invited_at: it.invited_at,
        expires_at: it.expires_at,
    }))
}

/// The number of a person's membership in a project. It stays the same when they leave and join again.
async fn membership_number(store: &Store, person: &Person, project: ProjectId) -> Result<u32> {
    if let Some(number) = store.get(keys::membership_number(person, project)).await? {
        return Ok(number);
    }
    let too_many = || {
        let detail = format!("You have been a member of {MAX_MEMBERSHIPS} projects.");
        Err(Problem::conflict(Reason::TooManyMemberships, detail).into())
    };
    if store.count(&Counter::memberships(person)).await? >= MAX_MEMBERSHIPS {
        return too_many();
    }
    // The caller may accept others at the same time.
    let number = store.increment(&Counter::memberships(person)).await?;
    if number > MAX_MEMBERSHIPS {
        return too_many();
    }
    store.set(keys::membership_number(person, project), &number).await?;
    Ok(number)
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use super::super::record::BUSY;
    use nokube_contract::prelude::*;

    const MISSING: &str = "There is no such invitation, or it belongs to somebody else.";

    pub fn list() -> Operation {
        let invitation = json!({
            "project_id": 1, "project_name": "myapp", "owner": "testuser", "role": "developer",
            "invited_by": "testuser", "invited_at": "2025-08-18T10:00:00Z",
            "expires_at": "2025-08-25T10:00:00Z",
        });
        Operation::new("listInvitations", "List your open invitations")
            .description("The projects that you are invited to: at most 50, the newest first.")
            .json_response::<ReceivedInvitations>(
                200,
                "Your open invitations.",
                json!({ "invitations": [invitation] }),
            )
    }

    pub fn accept() -> Operation {
        Operation::new("acceptInvitation", "Accept the invitation to a project")
            .description(
                "You become a member with the role of the invitation. If you are a member already, nothing changes.",
            )
            .json_response::<ProjectView>(200, "The project.", examples::project())
            .problem(ProblemKind::NotFound, MISSING)
            .conflict(Reason::TooManyMemberships, "You have been a member of 1000 projects.")
            .problem(ProblemKind::InProgress, BUSY)
    }

    pub fn decline() -> Operation {
        Operation::new("declineInvitation", "Decline the invitation to a project")
            .description(
                "If you decline three invitations of the same owner in a week, you get no more of them that week.",
            )
            .empty_response(204, "The invitation was declined.")
            .problem(ProblemKind::NotFound, MISSING)
            .problem(ProblemKind::InProgress, BUSY)
    }
}
