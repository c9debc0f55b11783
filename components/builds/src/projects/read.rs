//! `GET /api/v1/projects/{project}`

use http::StatusCode;
use nokube_domain::{Problem, ProjectId, answer::ProjectView};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let id = call.path::<u32>("project", "project").map(ProjectId)?;
    let store = Store::open().await?;
    let (project, members) = futures::join!(store.project(id), store.members(id));
    let role = call.may(members?.as_ref(), "project")?;
    let project = project?.ok_or_else(|| Problem::not_found("project"))?;
    Ok(Reply::json(StatusCode::OK, &ProjectView { project, role }))
}
