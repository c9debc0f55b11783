//! `GET /api/v1/projects/{project}/members` · `PUT` and `DELETE …/members/{username}`
//!
//! Members are one document, so access begins and ends with one write. Of two who change it at once,
//! one is told to try again: a change that takes somebody out is never lost to another that was made
//! from an older state.

use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProblemKind, ProjectId, Role, Timestamp,
    answer::{self, MemberView},
    claim::still_holds,
    name::Username,
    project::{MOST_MEMBERS, Member, Members, Project, parse_role},
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit,
    auth::AuthSettings,
    claims::{Claim, claim},
    now,
    store::{Counter, Log, Store},
};

/// Projects of others that one person may be made a member of, ever: by all, and by one owner, who could
/// use up another's else.
const MOST_MEMBERSHIPS: u32 = 1_000;
const MOST_BY_ONE: u32 = 100;

pub async fn list(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let (project, members) = load(&call, &store).await?;
    answer(&project, &members).await
}

pub async fn put(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let (fields, _) = call.fields().await?;
    let store = Store::open().await?;
    let (project, mut members) = load(&call, &store).await?;
    let role = parse_role(fields)?;
    let username: Username = call.path("username", "person")?;
    let person = store.named(&username).await?.ok_or_else(|| {
        let detail = format!("nobody with the name '{username}' has signed in here yet");
        Problem::field("username", detail)
    })?;
    if person == members.owner {
        return Err(Problem::field("username", "is the owner, who stays it").into());
    }
    let before = members.version;
    match members.others.iter_mut().find(|other| other.person == person) {
        Some(member) if member.role == role => return answer(&project, &members).await,
        Some(member) => member.role = role,
        None => {
            if members.others.len() >= MOST_MEMBERS {
                let detail = format!("A project may have {MOST_MEMBERS} members.");
                return Err(Failure::problem(ProblemKind::Conflict, detail));
            }
            let number = number(&store, &person, &username, &project, &members.owner).await?;
            // Before the document: a row alone shows nothing, because lists look into the document.
            store.set_membership(&person, number, project.id).await?;
            members.others.push(Member { person, username: username.clone(), role, number });
        }
    }
    write(&store, project.id, before, &mut members).await?;
    let object = format!("/api/v1/projects/{}/members/{username}", project.id);
    let action = format!("member.{}", name(role));
    audit::record(&store, &call, &Log::Project(project.id), &action, object).await?;
    answer(&project, &members).await
}

pub async fn remove(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let (project, mut members) = load(&call, &store).await?;
    let username: Username = call.path("username", "member")?;
    let found = members.others.iter().position(|other| other.username == username);
    let caller = &call.caller()?.person;
    let is_theirs = |at: usize| members.others.get(at).is_some_and(|m| m.person == *caller);
    if members.owner != *caller && !found.is_some_and(is_theirs) {
        let detail = "Only the owner takes others out of a project.";
        return Err(Failure::problem(ProblemKind::Forbidden, detail));
    }
    let found = found.ok_or_else(|| Problem::not_found("member"))?;
    let gone = members.others.remove(found);
    let before = members.version;
    write(&store, project.id, before, &mut members).await?;
    store.delete_membership(&gone.person, gone.number).await?;
    let object = format!("/api/v1/projects/{}/members/{username}", project.id);
    audit::record(&store, &call, &Log::Project(project.id), "member.remove", object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The number of somebody's membership in a project: one for ever.
async fn number(
    store: &Store,
    person: &Person,
    username: &Username,
    project: &Project,
    owner: &Person,
) -> Result<u32> {
    if let Some(number) = store.membership_number(person, project.id).await? {
        return Ok(number);
    }
    let (all, by_owner) = (Counter::memberships(person), Counter::memberships_by(owner, person));
    let most =
        [(&all, MOST_MEMBERSHIPS, "can be"), (&by_owner, MOST_BY_ONE, "can be by one owner")];
    for (counter, most, can) in most {
        if store.count(counter).await? >= most {
            let detail = format!(
                "{username} was made a member of {most} other projects, which is the most that \
                 anybody {can}."
            );
            return Err(Failure::problem(ProblemKind::Conflict, detail));
        }
    }
    store.increment(&by_owner)?;
    let number = store.increment(&all)?;
    store.set_membership_number(person, project.id, number).await?;
    Ok(number)
}

/// The project that the path names and its members, for a caller who may do this.
pub async fn load(call: &Call, store: &Store) -> Result<(Project, Members)> {
    let id = call.path::<u32>("project", "project").map(ProjectId)?;
    let (project, members) = futures::join!(store.project(id), store.members(id));
    let members = members?;
    call.may(members.as_ref(), "project")?;
    let none = || Problem::not_found("project");
    Ok((project?.ok_or_else(none)?, members.ok_or_else(none)?))
}

/// Writes the next version of the document, if nobody else does.
async fn write(store: &Store, id: ProjectId, before: u32, members: &mut Members) -> Result<()> {
    let busy = || {
        let detail = "Somebody is just changing the members of this project. Try again.";
        Failure::from(Problem::new(ProblemKind::InProgress, detail).retry_after(2))
    };
    members.version = before.wrapping_add(1);
    let held = match claim::<Timestamp>(store, &format!("members/{id}/{before}")).await? {
        Claim::Won(held) => Some(held),
        // The version was used by a project that has been deleted since.
        Claim::Made(at) if !still_holds(at, now()) => None,
        Claim::Made(_) | Claim::Busy => return Err(busy()),
    };
    if held.as_ref().is_some_and(|held| !held.holds()) {
        return Err(busy());
    }
    // What was read may have been older than the claim.
    if store.members(id).await?.is_none_or(|now| now.version != before) {
        return Err(busy());
    }
    store.set_members(id, members).await?;
    match held {
        Some(held) => held.made(store, &now()).await,
        None => Ok(()),
    }
}

/// Of those who have not signed in with the platform's GitHub it is said who vouches for them: there the
/// same login may be somebody else.
async fn answer(project: &Project, members: &Members) -> Result<Reply> {
    let settings = AuthSettings::read().await?;
    let view = |person: &Person, username: &Username, role: Role| {
        let issuer = Some(person.issuer.clone()).filter(|issuer| *issuer != settings.github);
        MemberView { username: username.clone(), role, issuer }
    };
    let others = members.others.iter().map(|m| view(&m.person, &m.username, m.role));
    let owner = view(&members.owner, &project.owner, Role::Owner);
    let members = std::iter::once(owner).chain(others).collect();
    Ok(Reply::json(StatusCode::OK, &answer::Members { members }))
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Developer => "developer",
        Role::Owner => "owner",
    }
}
