//! `POST /api/v1/projects`
//!
//! The name is reserved, because image names contain it and must be unique for an owner. The reservation's
//! result is written before the project's records, so after a crash in between the next request for the same
//! name completes the project.

use super::name::{Numbers, reservation_name};
use crate::settings::Settings;
use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProblemKind, ProjectId, Reason, Role, UnknownFields,
    name::ProjectName,
    projects::{Members, NewProject, Project},
    reservation::is_lease_valid,
    responses::ProjectView,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now,
    reservation::{Reservation, existing, reserve},
    store::{AuditLog, Counter, Store, keys},
    usernames,
};

/// Project numbers that a person may allocate per allowed project. Deleted projects keep their numbers, so this
/// limits how many projects of different names a person can create and delete.
const MAX_NUMBERS_PER_PROJECT: u32 = 10;

pub async fn create(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let new = NewProject::read(&mut fields);
    let name = fields.finish(new.name.clone())?;
    let caller = call.caller()?.clone();
    let store = Store::open().await?;
    let reservation = reservation_name(&caller.person.key(), &name);
    check_quota(&store, &caller.person, &reservation).await?;
    let numbers = reserve_numbers(&store, &caller.person, &name, &reservation).await?;
    let owner = usernames::ensure_username(&store, &caller, call.github_identity()?).await?;
    let project: Project = new.into_project(numbers.project, name, owner, now());
    store.set(keys::owned_project(&caller.person, numbers.of_owner), &project.id).await?;
    store.set(keys::project(project.id), &project).await?;
    // The members are written last: without them nobody has a role, so an incomplete project is invisible.
    // The version starts with the time, so it differs from those of an earlier project with this number.
    let version = u32::try_from(now().as_second()).unwrap_or_default();
    let members = Members { version, ..Members::new(caller.person) };
    store.set(keys::members(project.id), &members).await?;
    let location = format!("/api/v1/projects/{}", project.id);
    let log = AuditLog::Project(project.id);
    audit::record(&store, &call, &log, "project.create", location.clone()).await?;
    let created = ProjectView { project, role: Role::Owner };
    Ok(Reply::json(StatusCode::CREATED, &created).header("location", &location))
}

/// Checks that the person may own one more project.
///
/// # Errors
/// 409 if they have, or have used up the numbers of, as many as allowed.
async fn check_quota(store: &Store, person: &Person, reservation: &str) -> Result<()> {
    let max = Settings::load().await?.max_projects;
    // The counter includes deleted projects, so the existing ones are counted only when it reaches the limit.
    let ever_created = store.count(&Counter::owned_projects(person)).await?;
    if ever_created >= max.saturating_mul(MAX_NUMBERS_PER_PROJECT)
        && existing::<Numbers>(store, reservation).await?.is_none()
    {
        let detail =
            "You have created and deleted too many projects. Use the name of an earlier one.";
        return Err(Error::problem(ProblemKind::Conflict, detail));
    }
    if ever_created >= max
        && u32::try_from(store.projects_owned_by(person).await?.len()).unwrap_or(max) >= max
    {
        let detail =
            format!("You have {max} projects, which is the most that this platform allows.");
        return Err(Problem::conflict(Reason::TooManyProjects, detail).into());
    }
    Ok(())
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
            let numbers = Numbers {
                project: ProjectId(store.increment(&Counter::projects()).await?),
                of_owner: store.increment(&Counter::owned_projects(person)).await?,
                at: now(),
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
