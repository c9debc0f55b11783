//! `GET /api/v1/projects/{project}/audit`: the project's audit log, newest first; for its owner and the
//! administrators.

use nokube_edge::{
    Call, Reply, Result, audit,
    store::{AuditLog, Store},
};

pub async fn audit(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let id = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.members(id).await?.as_ref(), "project")?;
    audit::page(&store, &call, &AuditLog::Project(id)).await
}
