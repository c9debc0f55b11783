//! `GET /api/v1/projects/{project}/services` and `GET …/services/{service}`

use crate::{github::GitHub, pushes::look_at_service, services::load};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId, Role,
    name::ServiceName,
    scope::Scope,
    services::{ServicePage, SourceDetail},
};
use nokube_edge::{
    Call, Reply, Result,
    pushes::LinkedService,
    services,
    store::{Store, keys},
};

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let project = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.get(keys::members(project)).await?.as_ref(), "project")?;
    let page = call.page()?;
    let web = &GitHub::new().await?.settings.web;
    let all = services::all(&store, project).await?;
    let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let rows = all.into_iter().skip(page.offset as usize).take(page.limit as usize);
    let store = &store;
    let rows = rows.map(|(name, known)| async move {
        load(store, project, name, &known, SourceDetail::Summary, web).await
    });
    let services = try_join_all(rows).await?;
    let page = ServicePage { services, total, limit: page.limit, offset: page.offset };
    Ok(Reply::json(StatusCode::OK, &page))
}

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let project: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    let members = store.get(keys::members(project)).await?;
    let role = call.require_role(members.as_ref(), "project")?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let mut known = services::find(&store, project, &name).await?;
    if let Some(linked) = LinkedService::of_record(project, &name, known.record.as_ref()) {
        look_at_service(&store, &linked).await?;
        known = services::find(&store, project, &name).await?;
    }
    // As for `GET /api/v1/builds/{build}/request`.
    let may_build = role >= Role::Developer && call.credential()?.scopes.allows(Scope::Build);
    let detail = if may_build { SourceDetail::Full } else { SourceDetail::Summary };
    let web = &GitHub::new().await?.settings.web;
    let mut service = load(&store, project, name.clone(), &known, detail, web).await?;
    if service.last_build.is_none() && services::note_earlier_builds(&store, project).await? {
        service = load(&store, project, name, &known, detail, web).await?;
    }
    let is_known =
        service.source.is_some() || service.last_build.is_some() || known.deployment.is_some();
    if !is_known && !services::is_configured(&store, project, &service.name).await? {
        return Err(Problem::not_found("service").into());
    }
    Ok(Reply::json(StatusCode::OK, &service))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use super::super::example;
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        Operation::new("listServices", "List the services of a project")
            .description(
                "All services that were saved, built or deployed, by name, without build arguments and \
                 pasted Dockerfiles.",
            )
            .paginated()
            .json_response::<ServicePage>(
                200,
                "A page of services.",
                examples::page("services", example::service()),
            )
    }

    pub fn read() -> Operation {
        Operation::new("readService", "Read a service")
            .description(
                "What is saved of it, its newest build, and its deployment. If pushes build it, GitHub is \
                 asked for pushes whose events were lost, from time to time. `build_args` and \
                 `dockerfile_content` are for developers and owners, and tokens with the scope `build`.",
            )
            .json_response::<ServiceView>(200, "The service.", example::service_in_full())
            .not_found("service")
    }
}
