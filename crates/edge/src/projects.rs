//! Projects as a caller sees them: one project with the caller's role, or those in which they have a role.

use crate::{
    Call, Error, Result,
    store::{Counter, Key, Store, keys},
};
use futures::future::try_join_all;
use nokube_domain::{
    Problem, ProjectId, Role,
    access::{Caller, find_role},
    builds::{MAX_MERGED_PROJECTS, ProjectNumber, ProjectNumbers},
    projects::{Members, Project},
    responses::ProjectView,
};
use serde::Serialize;

/// A project, its members and the caller's role: two concurrent reads.
///
/// # Errors
/// 404 or 403 for a caller without the role that the route requires; 404 for a project that does not exist;
/// or the store failed.
pub async fn load(call: &Call, store: &Store, id: ProjectId) -> Result<(Project, Members, Role)> {
    let (project, members) =
        futures::join!(store.get(keys::project(id)), store.get(keys::members(id)));
    let members = members?;
    let role = call.require_role(members.as_ref(), "project")?;
    let not_found = || Problem::not_found("project");
    Ok((project?.ok_or_else(not_found)?, members.ok_or_else(not_found)?, role))
}

/// Stores a record of a project: one write and one read.
///
/// # Errors
/// 404 if the project was deleted concurrently; then the record is deleted. A deletion looks for the project's records
/// after it has deleted that of the project itself, so at least one of the two requests sees the other.
pub async fn store_record<T: Serialize>(
    store: &Store,
    project: ProjectId,
    key: impl Fn() -> Key<T>,
    record: &T,
) -> Result<()> {
    store.set(key(), record).await?;
    if store.get(keys::project(project)).await?.is_none() {
        store.delete(key()).await?;
        return Err(Problem::not_found("project").into());
    }
    Ok(())
}

/// How many numbers of a caller's lists of projects one request reads. Deleted projects keep their numbers.
const MAX_NUMBERS: usize = 150;

/// The numbers of all projects that a caller owns or is a member of. Two concurrent reads.
///
/// # Errors
/// The store failed.
pub async fn all_numbers(store: &Store, caller: &Caller) -> Result<ProjectNumbers> {
    let (own, memberships) =
        (Counter::owned_projects(&caller.person), Counter::memberships(&caller.person));
    let (own, memberships) = futures::join!(store.count(&own), store.count(&memberships));
    Ok(ProjectNumbers { own: own?, memberships: memberships? })
}

/// The first [`MAX_MERGED_PROJECTS`] projects of these numbers that have builds and in which the caller has a role, each
/// with the number of its newest build. Removes their numbers, at most [`MAX_NUMBERS`].
///
/// One read for each number, one for each project that exists, and one for each that has builds.
///
/// # Errors
/// The store failed.
pub async fn take_with_builds(
    store: &Store,
    caller: &Caller,
    numbers: &mut ProjectNumbers,
) -> Result<Vec<(ProjectId, u32)>> {
    let (mut max_numbers, mut max_projects) = (MAX_NUMBERS, MAX_MERGED_PROJECTS);
    let mut found = Vec::new();
    loop {
        let batch: Vec<_> = numbers.by_ref().take(max_numbers.min(max_projects)).collect();
        if batch.is_empty() {
            return Ok(found);
        }
        max_numbers = max_numbers.saturating_sub(batch.len());
        let reads = batch.into_iter().map(|number| newest_build(store, caller, number));
        let mut with_builds: Vec<_> = try_join_all(reads).await?.into_iter().flatten().collect();
        max_projects = max_projects.saturating_sub(with_builds.len());
        let with_role = with_role(store, caller, with_builds.iter().map(|(id, _)| *id)).await?;
        with_builds.retain(|(id, _)| with_role.contains(id));
        found.extend(with_builds);
    }
}

/// The project with a number, and the number of its newest build, if it has any.
async fn newest_build(
    store: &Store,
    caller: &Caller,
    number: ProjectNumber,
) -> Result<Option<(ProjectId, u32)>> {
    let key = match number {
        ProjectNumber::Own(number) => keys::owned_project(&caller.person, number),
        ProjectNumber::Membership(number) => keys::membership(&caller.person, number),
    };
    let Some(id) = store.get(key).await? else { return Ok(None) };
    let count = store.count(&Counter::builds(id)).await?;
    Ok((count > 0).then_some((id, count)))
}

/// Those projects in which the caller has a role. One read each.
///
/// # Errors
/// The store failed.
pub async fn with_role(
    store: &Store,
    caller: &Caller,
    ids: impl IntoIterator<Item = ProjectId>,
) -> Result<Vec<ProjectId>> {
    let ids = ids.into_iter().map(|id| async move {
        let members = store.get(keys::members(id)).await?;
        let role = members.and_then(|members| find_role(caller, &members));
        Ok::<_, Error>(role.map(|_| id))
    });
    Ok(try_join_all(ids).await?.into_iter().flatten().collect())
}

/// The project of the caller's membership `number`, if they still are a member.
///
/// The membership only says that they once became one; the project's members decide.
///
/// # Errors
/// The store failed.
pub async fn membership(
    store: &Store,
    caller: &Caller,
    number: u32,
) -> Result<Option<ProjectView>> {
    let Some(id) = store.get(keys::membership(&caller.person, number)).await? else {
        return Ok(None);
    };
    let (project, members) =
        futures::join!(store.get(keys::project(id)), store.get(keys::members(id)));
    let role = members?.and_then(|members| find_role(caller, &members));
    Ok(project?.zip(role).map(|(project, role)| ProjectView { project, role }))
}
