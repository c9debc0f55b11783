//! `PATCH /api/v1/projects/{project}`: changes everything but the name.

use http::StatusCode;
use nokube_domain::{projects::ProjectChange, responses::ProjectView};
use nokube_edge::{
    Call, Reply, Result, audit, now, projects,
    store::{AuditLog, Store, keys},
};

pub async fn change(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let id = call.path_parameter("project", "project")?;
    let (project, _, role) = projects::load(&call, &store, id).await?;
    let change = ProjectChange::read(&mut fields);
    let project = change.apply(fields, project, now())?;
    store.set(keys::project(project.id), &project).await?;
    let object = format!("/api/v1/projects/{}", project.id);
    audit::record(&store, &call, &AuditLog::Project(project.id), "project.change", object).await?;
    Ok(Reply::json(StatusCode::OK, &ProjectView { project, role }))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn change() -> Operation {
        let change = json!({ "description": "The shop of 2026", "framework": null });
        Operation::new("changeProject", "Change the details of a project")
            .description("Omitted fields are not changed. The name cannot be changed.")
            .json_body::<ProjectChange>(change)
            .json_response::<ProjectView>(200, "The changed project.", examples::project())
            .problem(
                ProblemKind::Invalid,
                "name: cannot be changed: images and their addresses are named after it",
            )
    }
}
