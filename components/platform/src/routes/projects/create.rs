//! `POST /api/v1/projects`
//!
//! The name is reserved, because image names contain it and must be unique for an owner. The reservation's
//! result is written before the project's records, so after a crash in between the next request for the same
//! name completes the project.

use super::{
    limits,
    name::{Numbers, reservation_name},
};
use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProjectId, Reason, Role, UnknownFields,
    installation::Installation,
    name::ProjectName,
    projects::{Members, NewProject, Project},
    reservation::is_lease_valid,
    responses::ProjectView,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now, random,
    reservation::{Reservation, replace_result, reserve},
    store::{AuditLog, Counter, Store, keys},
    usernames,
};

pub async fn create(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let new = NewProject::read(&mut fields);
    let name = fields.finish(new.name.clone())?;
    let caller = call.caller()?.clone();
    let store = Store::open().await?;
    let reservation = reservation_name(&caller.person.key(), &name);
    limits::check(&store, &caller.person, &reservation).await?;
    let numbers = reserve_numbers(&store, &caller.person, &name, &reservation).await?;
    let place = limits::take_place(&store, &caller.person, &reservation, &numbers).await?;
    let owner = usernames::ensure_username(&store, &caller, call.github_identity()?).await?;
    let project: Project = new.into_project(numbers.project, name, owner, now());
    if !place.is_valid() {
        return Err(Error::too_slow("create a project"));
    }
    store.set(keys::owned_project(&caller.person, numbers.of_owner), &project.id).await?;
    store.set(keys::project(project.id), &project).await?;
    // The members are written last: without them nobody has a role, so an incomplete project is invisible.
    // Random, so it differs from those of an earlier project with this number.
    let version = u32::try_from(random()? >> 32).unwrap_or_default();
    let members = Members { version, ..Members::new(caller.person) };
    store.set(keys::members(project.id), &members).await?;
    let location = format!("/api/v1/projects/{}", project.id);
    let log = AuditLog::Project(project.id);
    audit::record(&store, &call, &log, "project.create", location.clone()).await?;
    let created = ProjectView { project, role: Role::Owner };
    Ok(Reply::json(StatusCode::CREATED, &created).header("location", &location))
}

/// Reserves the name, and allocates the numbers of the project.
///
/// # Errors
/// 409 if the person has a project of that name, or another request creates it.
async fn reserve_numbers(
    store: &Store,
    person: &Person,
    name: &ProjectName,
    reservation: &str,
) -> Result<Numbers> {
    let in_progress =
        || Problem::in_progress(format!("A project named '{name}' is being created."));
    match reserve::<Numbers>(store, reservation).await? {
        Reservation::Acquired(lease) => {
            let of_owner = limits::next_number(store, person).await?;
            let project = store.increment(&Counter::projects()).await?;
            if project == 1 {
                store.set(keys::installation(), &Installation::NEW).await?;
            }
            let numbers = Numbers {
                project: ProjectId(project),
                of_owner,
                at: now(),
                token: random()?,
                unknown_fields: UnknownFields::default(),
            };
            if !lease.is_valid() {
                return Err(Error::too_slow("create a project"));
            }
            lease.complete(store, &numbers).await?;
            Ok(numbers)
        }
        Reservation::Existing(numbers) => {
            let (project, members) = futures::join!(
                store.get(keys::project(numbers.project)),
                store.get(keys::members(numbers.project))
            );
            if project?.is_some() && members?.is_some() {
                let detail = format!("You have a project named '{name}' already.");
                return Err(Problem::conflict(Reason::ProjectExists, detail).into());
            }
            if is_lease_valid(numbers.at, now()) {
                return Err(in_progress().into());
            }
            // An earlier request crashed, and this one completes the project; or the project was deleted and
            // is created again with its old number.
            let numbers = Numbers { at: now(), token: random()?, ..numbers };
            replace_result(store, reservation, &numbers).await?;
            Ok(numbers)
        }
        Reservation::Pending => Err(in_progress().into()),
    }
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn create() -> Operation {
        Operation::new("createProject", "Create a project")
            .description(
                "The name must be unique among your projects. Other users may have projects with the \
                 same name.",
            )
            .json_body::<NewProject>(json!({ "name": "myapp", "description": "The shop" }))
            .json_response::<ProjectView>(201, "The project was created.", examples::project())
            .response_header("Location")
            .conflict(Reason::ProjectExists, "You have a project named 'myapp' already.")
            .conflict(
                Reason::TooManyProjects,
                "You have 100 projects, which is the most that this platform allows.",
            )
            .problem(ProblemKind::InProgress, "A project named 'myapp' is being created.")
            .problem(ProblemKind::Invalid, "name: is required")
    }
}
