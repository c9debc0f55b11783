//! `GET /api/v1/projects/{project}/members` · `PUT` and `DELETE …/members/{username}`
//!
//! A project's members are one record, so one write grants or revokes access. Of two concurrent changes one
//! fails and has to be repeated: otherwise a change that was made from an older version could undo a removal.

use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProblemKind, ProjectId, Role, Timestamp, UnknownFields,
    name::Username,
    projects::{MAX_MEMBERS, Member, MemberRole, Members, Project},
    reservation::is_lease_valid,
    responses::{self, MemberView},
};
use nokube_edge::{
    Call, Error, Reply, Result, audit,
    auth::AuthSettings,
    now, projects,
    reservation::{Reservation, reserve},
    store::{AuditLog, Counter, Store, keys},
};

/// Maximum number of memberships that a person can be given over time.
const MAX_MEMBERSHIPS: u32 = 1_000;
/// Maximum number of them that one owner can give, so that no owner can use up all of them.
const MAX_MEMBERSHIPS_BY_OWNER: u32 = 100;

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (project, members, _) = projects::load(&call, &store, id).await?;
    members_reply(&project, &members).await
}

pub async fn put(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (project, mut members, _) = projects::load(&call, &store, id).await?;
    let role = MemberRole::read(&mut fields).role;
    let role = fields.finish(role)?.into();
    let username: Username = call.path_parameter("username", "person")?;
    let person = store.get(keys::username(&username)).await?.ok_or_else(|| {
        let detail = format!("nobody with the name '{username}' has signed in here yet");
        Problem::invalid_field("username", detail)
    })?;
    if person == members.owner {
        let detail = "is the owner; a project's owner never changes";
        return Err(Problem::invalid_field("username", detail).into());
    }
    let previous = members.version;
    match members.others.iter_mut().find(|other| other.person == person) {
        Some(member) if member.role == role => return members_reply(&project, &members).await,
        Some(member) => member.role = role,
        None => {
            if members.others.len() >= MAX_MEMBERS {
                let detail = format!("A project may have {MAX_MEMBERS} members.");
                return Err(Error::problem(ProblemKind::Conflict, detail));
            }
            let number =
                membership_number(&store, &person, &username, &project, &members.owner).await?;
            // Written before the members' record, which alone decides who has access.
            store.set(keys::membership(&person, number), &project.id).await?;
            let (username, unknown_fields) = (username.clone(), UnknownFields::default());
            members.others.push(Member { person, username, role, number, unknown_fields });
        }
    }
    write(&store, project.id, previous, &mut members).await?;
    let object = format!("/api/v1/projects/{}/members/{username}", project.id);
    let action = format!("member.{role}");
    audit::record(&store, &call, &AuditLog::Project(project.id), &action, object).await?;
    members_reply(&project, &members).await
}

pub async fn remove(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (project, mut members, _) = projects::load(&call, &store, id).await?;
    let username: Username = call.path_parameter("username", "member")?;
    let index = members.others.iter().position(|other| other.username == username);
    let caller = &call.caller()?.person;
    let is_caller = |index: usize| members.others.get(index).is_some_and(|m| m.person == *caller);
    if members.owner != *caller && !index.is_some_and(is_caller) {
        let detail = "Only the owner can remove other members from a project.";
        return Err(Error::problem(ProblemKind::Forbidden, detail));
    }
    let index = index.ok_or_else(|| Problem::not_found("member"))?;
    let removed = members.others.remove(index);
    let previous = members.version;
    write(&store, project.id, previous, &mut members).await?;
    store.delete(keys::membership(&removed.person, removed.number)).await?;
    let object = format!("/api/v1/projects/{}/members/{username}", project.id);
    audit::record(&store, &call, &AuditLog::Project(project.id), "member.remove", object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The number of a person's membership in a project. It stays the same when they leave and join again.
async fn membership_number(
    store: &Store,
    person: &Person,
    username: &Username,
    project: &Project,
    owner: &Person,
) -> Result<u32> {
    if let Some(number) = store.get(keys::membership_number(person, project.id)).await? {
        return Ok(number);
    }
    let (all, by_owner) = (Counter::memberships(person), Counter::memberships_by(owner, person));
    let limits = [
        (&all, MAX_MEMBERSHIPS, "can be"),
        (&by_owner, MAX_MEMBERSHIPS_BY_OWNER, "can be by one owner"),
    ];
    for (counter, max, can) in limits {
        if store.count(counter).await? >= max {
            let detail = format!(
                "{username} was made a member of {max} other projects, which is the most that \
                 anybody {can}."
            );
            return Err(Error::problem(ProblemKind::Conflict, detail));
        }
    }
    store.increment(&by_owner).await?;
    let number = store.increment(&all).await?;
    store.set(keys::membership_number(person, project.id), &number).await?;
    Ok(number)
}

/// Writes the version after `previous`.
///
/// # Errors
/// Another request writes, or has written, that version.
async fn write(store: &Store, id: ProjectId, previous: u32, members: &mut Members) -> Result<()> {
    let conflict = || {
        let detail = "Somebody is just changing the members of this project. Try again.";
        Error::from(Problem::in_progress(detail))
    };
    members.version = previous.wrapping_add(1);
    let lease = match reserve::<Timestamp>(store, &format!("members/{id}/{previous}")).await? {
        Reservation::Acquired(lease) => Some(lease),
        // The version was used by a project that has been deleted since.
        Reservation::Existing(at) if !is_lease_valid(at, now()) => None,
        Reservation::Existing(_) | Reservation::Pending => return Err(conflict()),
    };
    if lease.as_ref().is_some_and(|lease| !lease.is_valid()) {
        return Err(conflict());
    }
    // The members may have been read before another request wrote them.
    if store.get(keys::members(id)).await?.is_none_or(|stored| stored.version != previous) {
        return Err(conflict());
    }
    store.set(keys::members(id), members).await?;
    match lease {
        Some(lease) => lease.complete(store, &now()).await,
        None => Ok(()),
    }
}

/// The members as the API shows them. The issuer is shown of those who did not sign in with the platform's
/// GitHub, because the same login may be another person there.
async fn members_reply(project: &Project, members: &Members) -> Result<Reply> {
    let settings = AuthSettings::load().await?;
    let view = |person: &Person, username: &Username, role: Role| {
        let issuer = Some(person.issuer.clone()).filter(|issuer| *issuer != settings.github_issuer);
        MemberView { username: username.clone(), role, issuer }
    };
    let others = members.others.iter().map(|m| view(&m.person, &m.username, m.role));
    let owner = view(&members.owner, &project.owner, Role::Owner);
    let members = std::iter::once(owner).chain(others).collect();
    Ok(Reply::json(StatusCode::OK, &responses::Members { members }))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    const BUSY: &str = "Somebody is just changing the members of this project. Try again.";

    fn members() -> Value {
        json!({ "members": [
            { "username": "testuser", "role": "owner", "issuer": null },
            { "username": "colleague", "role": "viewer", "issuer": null },
        ] })
    }

    pub fn list() -> Operation {
        Operation::new("listMembers", "List the members of a project").json_response::<Members>(
            200,
            "The members, the owner first.",
            members(),
        )
    }

    pub fn put() -> Operation {
        Operation::new("putMember", "Add a member or change their role")
            .description(
                "The user must have signed in to this platform before. Viewers can read, developers can \
                 also build and deploy. The owner cannot be changed.",
            )
            .json_body::<MemberRole>(json!({ "role": "viewer" }))
            .json_response::<Members>(200, "All members after the change.", members())
            .problem(
                ProblemKind::Invalid,
                "username: nobody with the name 'colleague' has signed in here yet",
            )
            .problem(ProblemKind::Conflict, "A project may have 50 members.")
            .problem(ProblemKind::InProgress, BUSY)
    }

    pub fn remove() -> Operation {
        Operation::new("removeMember", "Remove a member from a project")
            .description(
                "The owner can remove any other member. Other members can only remove themselves.",
            )
            .empty_response(204, "The member was removed.")
            .problem(
                ProblemKind::Forbidden,
                "Only the owner can remove other members from a project.",
            )
            .problem(ProblemKind::InProgress, BUSY)
    }
}
