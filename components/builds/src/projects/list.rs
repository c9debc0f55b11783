//! `GET /api/v1/projects`: the caller's projects.

use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{Person, ProjectId};
use nokube_edge::{
    Call, Reply, Result,
    store::{Counter, Store},
};
use serde_json::json;

pub async fn list(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset"])?;
    let page = call.page()?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    let total = store.count(&Counter::projects_of(person)).await?;
    let store = &store;
    let rows = page.numbers(total).map(|number| async move {
        match store.project_of(person, number).await? {
            Some(id) => store.project(id).await,
            // The number was handed out to a request that did not come to its end.
            None => Ok(None),
        }
    });
    let projects: Vec<_> = try_join_all(rows).await?.into_iter().flatten().collect();
    let answer = json!({
        "projects": projects, "total": total, "limit": page.limit, "offset": page.offset,
    });
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// The numbers of all projects of a person.
pub async fn projects_of(store: &Store, person: &Person) -> Result<Vec<ProjectId>> {
    let count = store.count(&Counter::projects_of(person)).await?;
    let ids = (1..=count).rev().map(|number| store.project_of(person, number));
    Ok(try_join_all(ids).await?.into_iter().flatten().collect())
}
