//! `GET /api/v1/projects/{project}/audit`: what was done to a project, newest first; for its owner and
//! the administrators.

use nokube_domain::ProjectId;
use nokube_edge::{
    Call, Reply, Result, audit,
    store::{Log, Store},
};

pub async fn audit(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset"])?;
    let id = call.path::<u32>("project", "project").map(ProjectId)?;
    let store = Store::open().await?;
    call.may(store.members(id).await?.as_ref(), "project")?;
    audit::page(&store, &call, &Log::Project(id)).await
}
