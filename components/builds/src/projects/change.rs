//! `PATCH /api/v1/projects/{project}`: what is said about it. Its name stays.

use super::members::load;
use http::StatusCode;
use nokube_domain::{Role, answer::ProjectView, project::ChangeProject};
use nokube_edge::{
    Call, Reply, Result, audit, now,
    store::{Log, Store},
};

pub async fn change(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let (fields, _) = call.fields().await?;
    let store = Store::open().await?;
    let (project, _) = load(&call, &store).await?;
    let project = ChangeProject::parse(fields, &project)?.apply(project, now());
    store.set_project(&project).await?;
    let object = format!("/api/v1/projects/{}", project.id);
    audit::record(&store, &call, &Log::Project(project.id), "project.change", object).await?;
    // Nobody else comes here.
    let role = Role::Owner;
    Ok(Reply::json(StatusCode::OK, &ProjectView { project, role }))
}
