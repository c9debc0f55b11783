//! `GET /api/v1/projects/{project}`

use http::StatusCode;
use nokube_domain::responses::ProjectView;
use nokube_edge::{Call, Reply, Result, projects, store::Store};

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id = call.path_parameter("project", "project")?;
    let (project, _, role) = projects::load(&call, &Store::open().await?, id).await?;
    Ok(Reply::json(StatusCode::OK, &ProjectView { project, role }))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn read() -> Operation {
        Operation::new("readProject", "Read a project").json_response::<ProjectView>(
            200,
            "The project.",
            examples::project(),
        )
    }
}
