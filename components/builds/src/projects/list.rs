//! `GET /api/v1/projects`: the caller's projects, and below them those that they are a member of.

use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Person, ProjectId, Role,
    access::{Caller, role},
    answer::{ProjectPage, ProjectView},
    page::Page,
};
use nokube_edge::{
    Call, Reply, Result,
    store::{Counter, Store},
};

pub async fn list(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset"])?;
    let page = call.page()?;
    let store = Store::open().await?;
    let caller = call.caller()?;
    let (own, others) = counts(&store, &caller.person).await?;
    let store = &store;
    let rows = page.numbers(own + others).map(|number| async move {
        match number.checked_sub(others) {
            Some(number) if number > 0 => own_row(store, &caller.person, number).await,
            _ => row_of_others(store, caller, number).await,
        }
    });
    let projects: Vec<_> = try_join_all(rows).await?.into_iter().flatten().collect();
    let Page { limit, offset } = page;
    let total = own + others;
    Ok(Reply::json(StatusCode::OK, &ProjectPage { projects, total, limit, offset }))
}

async fn counts(store: &Store, person: &Person) -> Result<(u32, u32)> {
    let (own, others) = (Counter::projects_of(person), Counter::memberships(person));
    let (own, others) = futures::join!(store.count(&own), store.count(&others));
    Ok((own?, others?))
}

async fn own_row(store: &Store, person: &Person, number: u32) -> Result<Option<ProjectView>> {
    let owned = |project| ProjectView { project, role: Role::Owner };
    match store.project_of(person, number).await? {
        Some(id) => Ok(store.project(id).await?.map(owned)),
        // Deleted, or handed out to a request that did not come to its end.
        None => Ok(None),
    }
}

/// The row says that they were made a member; only the project says that they are one, and what.
async fn row_of_others(store: &Store, caller: &Caller, number: u32) -> Result<Option<ProjectView>> {
    let Some(id) = store.membership(&caller.person, number).await? else { return Ok(None) };
    let (project, members) = futures::join!(store.project(id), store.members(id));
    let role = members?.and_then(|members| role(caller, &members));
    Ok(project?.zip(role).map(|(project, role)| ProjectView { project, role }))
}

/// The numbers of all projects of a person: their own, and those that they are a member of.
pub async fn projects_of(store: &Store, caller: &Caller) -> Result<Vec<ProjectId>> {
    let mut all = store.owned_by(&caller.person).await?;
    let count = store.count(&Counter::memberships(&caller.person)).await?;
    let others = (1..=count).rev().map(|number| async move {
        Ok::<_, nokube_edge::Failure>(
            row_of_others(store, caller, number).await?.map(|row| row.project.id),
        )
    });
    for id in try_join_all(others).await?.into_iter().flatten() {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    Ok(all)
}

/// Where a project stands in its owner's list.
pub async fn row_of(store: &Store, owner: &Person, id: ProjectId) -> Result<Option<u32>> {
    let count = store.count(&Counter::projects_of(owner)).await?;
    for number in (1..=count).rev() {
        if store.project_of(owner, number).await? == Some(id) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}
