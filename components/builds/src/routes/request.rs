//! `GET /api/v1/builds/{build}/request`: what was requested, to request it again or with a change.

use crate::github::GitHub;
use http::StatusCode;
use nokube_domain::{BuildId, Problem, builds::BuildRequest};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn request(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id: BuildId = call.path_parameter("build", "build")?;
    let store = Store::open().await?;
    let (record, members) =
        futures::join!(store.build(id.project, id.number), store.members(id.project));
    call.require_role(members?.as_ref(), "build")?;
    let record = record?.filter(|record| record.id == id);
    let record = record.ok_or_else(|| Problem::not_found("build"))?;
    let web = &GitHub::new().await?.settings.web;
    Ok(Reply::json(StatusCode::OK, &BuildRequest::from_record(&record, web)))
}
