//! `POST /api/v1/projects`
//!
//! A name is claimed, because an owner's names are unique: image names are made of them. What the
//! claim made is written before the project's records, so a request that died in between is brought
//! to its end by the next one for the same name.

use crate::settings::Waits;
use data_encoding::HEXLOWER;
use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProblemKind, ProjectId, Reason, Role, Timestamp,
    answer::ProjectView,
    claim::still_holds,
    name::ProjectName,
    project::{Members, NewProject, Project},
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit,
    claims::{Claim, claim, made, remake},
    now, people,
    store::{Counter, Log, Store},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many numbers are handed out at most for each project that a person may have: of deleted ones, the
/// names keep their numbers.
const NUMBERS: u32 = 10;

/// The numbers that a name's project got: among all projects, and among its owner's.
#[derive(Serialize, Deserialize)]
struct Numbers {
    project: ProjectId,
    of_owner: u32,
    at: Timestamp,
}

pub async fn create(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let (fields, _) = call.fields().await?;
    let new = NewProject::parse(fields)?;
    let caller = call.caller()?.clone();
    let store = Store::open().await?;
    let most = Waits::read().await?.most_projects;
    let name = claim_name(&caller.person.key(), &new.name);
    // Deleted ones do not count; they are looked for only when that can make a difference.
    let ever = store.count(&Counter::projects_of(&caller.person)).await?;
    if ever >= most.saturating_mul(NUMBERS) && made::<Numbers>(&store, &name).await?.is_none() {
        let detail =
            "You have made and deleted very many projects. Take the name of an earlier one.";
        return Err(Failure::problem(ProblemKind::Conflict, detail));
    }
    if ever >= most
        && u32::try_from(store.owned_by(&caller.person).await?.len()).unwrap_or(most) >= most
    {
        let detail =
            format!("You have {most} projects, which is the most that this platform allows.");
        return Err(Problem::conflict(Reason::TooManyProjects, detail).into());
    }

    let numbers = match claim::<Numbers>(&store, &name).await? {
        Claim::Won(held) => {
            let numbers = Numbers {
                project: ProjectId(store.increment(&Counter::projects())?),
                of_owner: store.increment(&Counter::projects_of(&caller.person))?,
                at: now(),
            };
            if !held.holds() {
                return Err(Failure::internal("create", "the claim was held for too long"));
            }
            held.made(&store, &numbers).await?;
            numbers
        }
        Claim::Made(numbers) => {
            let (project, members) =
                futures::join!(store.project(numbers.project), store.members(numbers.project));
            if project?.is_some() && members?.is_some() {
                let detail = format!("You have a project named '{}' already.", new.name);
                return Err(Problem::conflict(Reason::ProjectExists, detail).into());
            }
            if still_holds(numbers.at, now()) {
                return Err(being_made(&new));
            }
            // Its maker died before the end, and this request brings it there; or it was deleted, and
            // is made anew under its old number.
            numbers
        }
        Claim::Busy => return Err(being_made(&new)),
    };
    let owner = people::username(&store, &caller, call.at_github()?).await?;
    let project: Project = new.into_project(numbers.project, owner, now());
    store.set_project_of(&caller.person, numbers.of_owner, project.id).await?;
    store.set_project(&project).await?;
    // Last: without members nobody has a role, so nothing half made is ever seen.
    // Its version begins with the time, so a project made anew does not meet an older one's.
    let version = u32::try_from(now().as_second()).unwrap_or_default();
    let members = Members { version, ..Members::new(caller.person) };
    store.set_members(project.id, &members).await?;
    let place = format!("/api/v1/projects/{}", project.id);
    audit::record(&store, &call, &Log::Project(project.id), "project.create", place.clone())
        .await?;
    let made = ProjectView { project, role: Role::Owner };
    Ok(Reply::json(StatusCode::CREATED, &made).header("location", &place))
}

fn being_made(new: &NewProject) -> Failure {
    let detail = format!("A project named '{}' is just being made.", new.name);
    Problem::new(ProblemKind::InProgress, detail).retry_after(2).into()
}

/// Says that nobody is making the project any more: the next request for its name makes it anew.
///
/// # Errors
/// The store failed.
pub async fn free_name(store: &Store, owner: &Person, name: &ProjectName) -> Result<()> {
    let claim = claim_name(&owner.key(), name);
    if let Some(numbers) = made::<Numbers>(store, &claim).await? {
        remake(store, &claim, &Numbers { at: Timestamp::UNIX_EPOCH, ..numbers }).await?;
    }
    Ok(())
}

fn claim_name(person: &str, name: &ProjectName) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("project {person} {name}")))
}
