//! `GET /api/v1/builds/{build}/request`: what was requested, to request it again or with a change.

use crate::github::GitHub;
use http::StatusCode;
use nokube_domain::{BuildId, Problem, builds::BuildRequest};
use nokube_edge::{
    Call, Reply, Result,
    store::{Store, keys},
};

pub async fn request(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id: BuildId = call.path_parameter("build", "build")?;
    let store = Store::open().await?;
    let (record, members) =
        futures::join!(store.build_by_id(id), store.get(keys::members(id.project)));
    call.require_role(members?.as_ref(), "build")?;
    let record = record?.ok_or_else(|| Problem::not_found("build"))?;
    let web = &GitHub::new().await?.settings.web;
    Ok(Reply::json(StatusCode::OK, &BuildRequest::from_record(&record, web)))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn request() -> Operation {
        Operation::new("readBuildRequest", "Read the request of a build")
            .description(
                "In the format of `POST /api/v1/builds`, so that it can be changed and sent again.",
            )
            .json_response::<BuildRequest>(
                200,
                "The request.",
                json!({
                    "project_id": 1, "repository_url": "https://github.com/testuser/shop",
                    "service_name": "frontend", "image_name": "myapp-frontend", "branch": "main",
                    "context": ".", "has_dockerfile": true, "dockerfile_path": "Dockerfile",
                    "image_tag": "latest", "build_args": {}, "submodules": false, "lfs": false,
                }),
            )
    }
}
