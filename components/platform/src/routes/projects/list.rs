//! `GET /api/v1/projects`: the caller's own projects, then those that they are a member of.

use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Person, Role,
    page::Page,
    responses::{ProjectPage, ProjectView},
};
use nokube_edge::{
    Call, Reply, Result, projects,
    store::{Counter, Store, keys},
};

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let page = call.page()?;
    let store = Store::open().await?;
    let caller = call.caller()?;
    let (own, others) = counts(&store, &caller.person).await?;
    let store = &store;
    let rows = page.numbers(own + others).map(|number| async move {
        match number.checked_sub(others) {
            Some(number) if number > 0 => own_row(store, &caller.person, number).await,
            _ => projects::membership(store, caller, number).await,
        }
    });
    let projects: Vec<_> = try_join_all(rows).await?.into_iter().flatten().collect();
    let Page { limit, offset } = page;
    let total = own + others;
    Ok(Reply::json(StatusCode::OK, &ProjectPage { projects, total, limit, offset }))
}

async fn counts(store: &Store, person: &Person) -> Result<(u32, u32)> {
    let (own, others) = (Counter::owned_projects(person), Counter::memberships(person));
    let (own, others) = futures::join!(store.count(&own), store.count(&others));
    Ok((own?, others?))
}

async fn own_row(store: &Store, person: &Person, number: u32) -> Result<Option<ProjectView>> {
    let owned = |project| ProjectView { project, role: Role::Owner };
    match store.get(keys::owned_project(person, number)).await? {
        Some(id) => Ok(store.get(keys::project(id)).await?.map(owned)),
        // Deleted, or its request failed before the project was written.
        None => Ok(None),
    }
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        Operation::new("listProjects", "List your projects")
            .description(
                "The projects that you own, newest first, followed by those that you are a member of.",
            )
            .paginated()
            .json_response::<ProjectPage>(
                200,
                "A page of projects.",
                examples::page("projects", examples::project()),
            )
    }
}
