//! `PATCH /api/v1/projects/{project}`: changes everything but the name.

use http::StatusCode;
use nokube_domain::{projects::ProjectUpdate, responses::ProjectView};
use nokube_edge::{
    Call, Reply, Result, audit, now, projects,
    store::{AuditLog, Store},
};

pub async fn change(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (project, _, role) = projects::load(&call, &store, id).await?;
    let project = ProjectUpdate::parse(fields, &project)?.apply(project, now());
    store.set_project(&project).await?;
    let object = format!("/api/v1/projects/{}", project.id);
    audit::record(&store, &call, &AuditLog::Project(project.id), "project.change", object).await?;
    Ok(Reply::json(StatusCode::OK, &ProjectView { project, role }))
}
