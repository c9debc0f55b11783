//! `GET /api/v1/projects/{project}/members` · `PUT` and `DELETE …/members/{username}`
//!
//! Somebody new is invited, and becomes a member when they accept (`invitations.rs`).

use super::{
    invite::{invite, member_path, record_role},
    record,
};
use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProblemKind, Role,
    access::authorize_role_assignment,
    name::Username,
    projects::{Assigned, Invitation, MemberRole, Members, Project},
    responses::{self, InvitationView, MemberView},
};
use nokube_edge::{
    Call, Error, Reply, Result, audit,
    auth::AuthSettings,
    now, projects, random,
    store::{AuditLog, Store, keys},
};

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (project, members, role) = projects::load(&call, &store, id).await?;
    reply(StatusCode::OK, &project, &members, role).await
}

pub async fn put(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (project, mut members, own_role) = projects::load(&call, &store, id).await?;
    let role = MemberRole::read(&mut fields).role;
    let role = fields.finish(role)?.into();
    authorize_role_assignment(call.credential()?, role)?;
    let username: Username = call.path_parameter("username", "person")?;
    let person = store.get(keys::username(&username)).await?.ok_or_else(|| {
        let detail = format!("nobody with the name '{username}' has signed in here yet");
        Problem::invalid_field("username", detail)
    })?;
    if person == members.owner {
        let detail = "is the owner; a project's owner never changes";
        return Err(Problem::invalid_field("username", detail).into());
    }
    let mut status = StatusCode::OK;
    match members.assign_role(&person, role, now()) {
        Assigned::Unchanged => {}
        Assigned::Nobody => {
            let invitation = Invitation::new(random()?, person, username, role, now());
            invite(&store, &call, id, &mut members, invitation).await?;
            status = StatusCode::CREATED;
        }
        Assigned::Invitation => {
            record::write(&store, id, &mut members).await?;
            record_role(&store, &call, id, "invitation.send", &username, role).await?;
        }
        Assigned::Member => {
            record::write(&store, id, &mut members).await?;
            let (action, object) = (format!("member.{role}"), member_path(id, &username));
            audit::record(&store, &call, &AuditLog::Project(id), &action, object).await?;
        }
    }
    reply(status, &project, &members, own_role).await
}

/// Removes a member, or withdraws an invitation.
pub async fn remove(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (_, mut members, _) = projects::load(&call, &store, id).await?;
    let username: Username = call.path_parameter("username", "member")?;
    let index = members.others.iter().position(|other| other.username == username);
    let caller = &call.caller()?.person;
    let is_caller = |index: usize| members.others.get(index).is_some_and(|m| m.person == *caller);
    if members.owner != *caller && !index.is_some_and(is_caller) {
        let detail = "Only the owner can remove other members from a project.";
        return Err(Error::problem(ProblemKind::Forbidden, detail));
    }
    let removed = index.map(|index| members.others.remove(index));
    let withdrawn = members.take_invitation(now(), |invitation| invitation.username == username);
    let action = match (&removed, withdrawn) {
        (Some(_), _) => "member.remove",
        (None, Some(_)) => "invitation.withdraw",
        (None, None) => return Err(Problem::not_found("member").into()),
    };
    record::write(&store, id, &mut members).await?;
    if let Some(removed) = removed {
        store.delete(keys::membership(&removed.person, removed.number)).await?;
    }
    let object = member_path(id, &username);
    audit::record(&store, &call, &AuditLog::Project(id), action, object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The members as the API shows them to somebody with this role. The issuer is shown of those who did not sign in with
/// the platform's GitHub, because the same login may be another person there.
async fn reply(
    status: StatusCode,
    project: &Project,
    members: &Members,
    role: Role,
) -> Result<Reply> {
    let settings = AuthSettings::load().await?;
    let issuer = |person: &Person| {
        Some(person.issuer.clone()).filter(|issuer| *issuer != settings.github_issuer)
    };
    let view = |person: &Person, username: &Username, role: Role| MemberView {
        username: username.clone(),
        role,
        issuer: issuer(person),
    };
    let others = members.others.iter().map(|m| view(&m.person, &m.username, m.role));
    let owner = view(&members.owner, &project.owner, Role::Owner);
    let open = members.open_invitations(now()).filter(|_| role == Role::Owner);
    let invitations = open.map(|invitation| InvitationView {
        username: invitation.username.clone(),
        role: invitation.role,
        issuer: issuer(&invitation.person),
        invited_by: project.owner.clone(),
        invited_at: invitation.invited_at,
        expires_at: invitation.expires_at,
    });
    let invitations = invitations.collect();
    let members = std::iter::once(owner).chain(others).collect();
    Ok(Reply::json(status, &responses::Members { members, invitations }))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use super::super::record::BUSY;
    use nokube_contract::prelude::*;

    fn members() -> Value {
        let invitation = json!({
            "username": "guest", "role": "developer", "issuer": null, "invited_by": "testuser",
            "invited_at": "2025-08-18T10:00:00Z", "expires_at": "2025-08-25T10:00:00Z",
        });
        json!({
            "members": [
                { "username": "testuser", "role": "owner", "issuer": null },
                { "username": "colleague", "role": "viewer", "issuer": null },
            ],
            "invitations": [invitation],
        })
    }

    pub fn list() -> Operation {
        Operation::new("listMembers", "List the members of a project").json_response::<Members>(
            200,
            "The members, the owner first. Its owner also sees the open invitations.",
            members(),
        )
    }

    pub fn put() -> Operation {
        Operation::new("putMember", "Invite somebody, or change the role of a member")
            .description(
                "The user must have signed in to this platform before. Somebody who is not a member is invited and \
                 becomes one by accepting, within a week. The role of an open invitation can be changed, which does \
                 not extend it. Viewers can read, developers can also build and deploy. The owner cannot be changed. \
                 An API token that invites a developer, or makes somebody one, needs the scopes `build` and `deploy` \
                 too.",
            )
            .json_body::<MemberRole>(json!({ "role": "viewer" }))
            .json_response::<Members>(200, "All members after the change.", members())
            .json_response::<Members>(201, "The user was invited.", members())
            .problem(
                ProblemKind::Forbidden,
                "This needs a token with the scopes 'projects', 'build' and 'deploy', because the role developer \
                 includes building and deploying.",
            )
            .problem(
                ProblemKind::Invalid,
                "username: nobody with the name 'colleague' has signed in here yet",
            )
            .conflict(
                Reason::TooManyMembers,
                "A project may have 50 members and open invitations.",
            )
            .conflict(
                Reason::TooManyInvitations,
                "colleague has 5 open invitations of yours, which is the most that the platform allows. Wait for an \
                 answer, or withdraw one.",
            )
            .conflict(
                Reason::InvitationsDeclined,
                "colleague has declined 3 invitations of yours and gets no more of them this week.",
            )
            .problem(ProblemKind::InProgress, BUSY)
    }

    pub fn remove() -> Operation {
        Operation::new("removeMember", "Remove a member, or withdraw an invitation")
            .description(
                "The owner can remove any other member, and withdraw an open invitation. Other members can only remove \
                 themselves.",
            )
            .empty_response(204, "The member was removed, or the invitation withdrawn.")
            .problem(
                ProblemKind::Forbidden,
                "Only the owner can remove other members from a project.",
            )
            .problem(ProblemKind::InProgress, BUSY)
    }
}
