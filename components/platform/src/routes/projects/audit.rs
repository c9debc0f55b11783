//! `GET /api/v1/projects/{project}/audit`: the project's audit log, newest first; for its owner and the
//! administrators.

use nokube_edge::{
    Call, Reply, Result, audit,
    store::{AuditLog, Store, keys},
};

pub async fn audit(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let id = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.get(keys::members(id)).await?.as_ref(), "project")?;
    audit::page(&store, &call, &AuditLog::Project(id)).await
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn audit() -> Operation {
        Operation::new("listProjectAudit", "Read the audit log of a project")
            .description(
                "Who changed what in the project, when and from which address. Newest first.",
            )
            .audit_log("project.create", "/api/v1/projects/1")
    }
}
