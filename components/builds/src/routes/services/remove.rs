//! `DELETE /api/v1/projects/{project}/services/{service}`: forgets what a service is built from.
//!
//! Three writes: the record, which keeps the number of the name, and two of the audit log. One more for each record of a
//! push; one read; and two writes for the work item, added first, that deletes its previews and what is stored of its pull
//! requests.

use crate::{
    previews::{add_item, process_now},
    services::store_record,
};
use http::StatusCode;
use nokube_domain::{Problem, ProjectId, name::ServiceName, services::ServiceRecord};
use nokube_edge::{
    Call, Reply, Result, audit, projects,
    pushes::PushesOf,
    services::delete_pushes,
    store::{AuditLog, Counter, Store, keys},
};

pub async fn remove(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let project: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    projects::load(&call, &store, project).await?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let stored = store.get(keys::service(project, &name)).await?;
    let stored = stored.filter(|stored| stored.source.is_some());
    let stored = stored.ok_or_else(|| Problem::not_found("service"))?;
    // Previews may have been switched off since.
    let has_previews = store.count(&Counter::pull_requests(project, &name)).await? > 0;
    let item = match has_previews {
        true => {
            let of = PushesOf { project, service: &name, pull_request: None };
            Some(add_item(&store, of).await?)
        }
        false => None,
    };
    let record = ServiceRecord { source: None, ..stored };
    store_record(&store, project, &name, &record).await?;
    delete_pushes(&store, project, &name).await?;
    if let Some(item) = item {
        process_now(&store, project, &name, item);
    }
    let object = format!("/api/v1/projects/{project}/services/{name}");
    audit::record(&store, &call, &AuditLog::Project(project), "service.remove", object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn remove() -> Operation {
        Operation::new("removeService", "Forget what a service is built from")
            .description("Its builds and its deployment stay.")
            .empty_response(204, "Nothing is saved any more.")
            .not_found("service")
    }
}
