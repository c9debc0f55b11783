//! `GET /api/v1/builds/{build}/request`: what was asked for, to ask for it again or with a change.

use crate::github::GitHub;
use http::StatusCode;
use nokube_domain::{BuildId, Problem, build::BuildRequest};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn asked(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let id: BuildId = call.path("build", "build")?;
    let store = Store::open().await?;
    let (record, members) =
        futures::join!(store.build(id.project, id.number), store.members(id.project));
    call.may(members?.as_ref(), "build")?;
    let record = record?.filter(|record| record.id == id);
    let record = record.ok_or_else(|| Problem::not_found("build"))?;
    let web = &GitHub::new().await?.settings.web;
    Ok(Reply::json(StatusCode::OK, &BuildRequest::of(&record, web)))
}
