//! Projects as a caller sees them: one project with the caller's role, or all in which they have a role.

use crate::{
    Call, Error, Result,
    store::{Counter, Store, keys},
};
use futures::future::try_join_all;
use nokube_domain::{
    Problem, ProjectId, Role,
    access::{Caller, find_role},
    projects::{Members, Project},
    responses::ProjectView,
};

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

/// All projects in which the caller has a role.
///
/// # Errors
/// The store failed.
pub async fn all_of(store: &Store, caller: &Caller) -> Result<Vec<ProjectId>> {
    let mut all = store.projects_owned_by(&caller.person).await?;
    let count = store.count(&Counter::memberships(&caller.person)).await?;
    let memberships = (1..=count).rev().map(|number| async move {
        Ok::<_, Error>(membership(store, caller, number).await?.map(|view| view.project.id))
    });
    for id in try_join_all(memberships).await?.into_iter().flatten() {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    Ok(all)
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
