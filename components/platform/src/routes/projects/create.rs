//! `POST /api/v1/projects`
//!
//! The name is reserved, because image names contain it and must be unique for an owner. The reservation's
//! result is written before the project's records, so after a crash in between the next request for the same
//! name completes the project.

use super::name::{Numbers, reservation_name};
use crate::settings::Settings;
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind, ProjectId, Reason, Role,
    projects::{Members, Project, ProjectRequest},
    reservation::is_lease_valid,
    responses::ProjectView,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now,
    reservation::{Reservation, existing, reserve},
    store::{AuditLog, Counter, Store},
    usernames,
};

/// Project numbers that a person may allocate per allowed project. Deleted projects keep their numbers, so this
/// limits how many projects of different names a person can create and delete.
const MAX_NUMBERS_PER_PROJECT: u32 = 10;

pub async fn create(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (fields, _) = call.json_fields().await?;
    let new = ProjectRequest::parse(fields)?;
    let caller = call.caller()?.clone();
    let store = Store::open().await?;
    let max = Settings::load().await?.max_projects;
    let name = reservation_name(&caller.person.key(), &new.name);
    // The counter includes deleted projects, so the existing ones are counted only when it reaches the limit.
    let ever_created = store.count(&Counter::owned_projects(&caller.person)).await?;
    if ever_created >= max.saturating_mul(MAX_NUMBERS_PER_PROJECT)
        && existing::<Numbers>(&store, &name).await?.is_none()
    {
        let detail =
            "You have created and deleted too many projects. Use the name of an earlier one.";
        return Err(Error::problem(ProblemKind::Conflict, detail));
    }
    if ever_created >= max
        && u32::try_from(store.projects_owned_by(&caller.person).await?.len()).unwrap_or(max) >= max
    {
        let detail =
            format!("You have {max} projects, which is the most that this platform allows.");
        return Err(Problem::conflict(Reason::TooManyProjects, detail).into());
    }

    let numbers = match reserve::<Numbers>(&store, &name).await? {
        Reservation::Acquired(lease) => {
            let numbers = Numbers {
                project: ProjectId(store.increment(&Counter::projects())?),
                of_owner: store.increment(&Counter::owned_projects(&caller.person))?,
                at: now(),
            };
            if !lease.is_valid() {
                return Err(Error::internal("create a project", "the lease has expired"));
            }
            lease.complete(&store, &numbers).await?;
            numbers
        }
        Reservation::Existing(numbers) => {
            let (project, members) =
                futures::join!(store.project(numbers.project), store.members(numbers.project));
            if project?.is_some() && members?.is_some() {
                let detail = format!("You have a project named '{}' already.", new.name);
                return Err(Problem::conflict(Reason::ProjectExists, detail).into());
            }
            if is_lease_valid(numbers.at, now()) {
                return Err(in_progress(&new));
            }
            // An earlier request crashed, and this one completes the project; or the project was deleted and
            // is created again with its old number.
            numbers
        }
        Reservation::Pending => return Err(in_progress(&new)),
    };
    let owner = usernames::ensure_username(&store, &caller, call.github_identity()?).await?;
    let project: Project = new.into_project(numbers.project, owner, now());
    store.set_owned_project(&caller.person, numbers.of_owner, project.id).await?;
    store.set_project(&project).await?;
    // The members are written last: without them nobody has a role, so an incomplete project is invisible.
    // The version starts with the time, so it differs from those of an earlier project with this number.
    let version = u32::try_from(now().as_second()).unwrap_or_default();
    let members = Members { version, ..Members::new(caller.person) };
    store.set_members(project.id, &members).await?;
    let location = format!("/api/v1/projects/{}", project.id);
    audit::record(
        &store,
        &call,
        &AuditLog::Project(project.id),
        "project.create",
        location.clone(),
    )
    .await?;
    let created = ProjectView { project, role: Role::Owner };
    Ok(Reply::json(StatusCode::CREATED, &created).header("location", &location))
}

fn in_progress(new: &ProjectRequest) -> Error {
    let detail = format!("A project named '{}' is being created.", new.name);
    Problem::in_progress(detail).into()
}
