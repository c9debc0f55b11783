//! `GET`, `PUT` and `DELETE /api/v1/projects/{project}/services/{service}/deployment`: what is saved to deploy a service
//! with.
//!
//! Three writes, of the record and of the audit log; two more for a service of which nothing was ever saved: the number
//! of its name.

use crate::{
    saved::{ConfigurationOf, Saved},
    services::{ExistingService, find_service},
    settings::Settings,
};
use futures::future::try_join;
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId, Reason,
    deployments::{Revision, SavedConfiguration, SavedConfigurationView, read_configuration},
    name::ServiceName,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now, projects,
    pushes::{self, LinkedService},
    store::{AuditLog, Store, keys},
};

/// What is not found if nothing is saved.
const CONFIGURATION: &str = "saved configuration";

const FROM_FILE: &str = "The configuration comes from nokube.toml in the branch; change it there.";

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let project: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.get(keys::members(project)).await?.as_ref(), "project")?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let (configuration, linked) = try_join(
        store.get(keys::service_deployment(project, &name)),
        LinkedService::find(&store, project, &name),
    )
    .await?;
    let view = match linked.filter(|linked| linked.source.use_config_file) {
        Some(linked) => view_with_file(&store, configuration, linked).await?,
        None => configuration.as_ref().and_then(SavedConfigurationView::new),
    };
    let view = view.ok_or_else(|| Problem::not_found(CONFIGURATION))?;
    Ok(Reply::json(StatusCode::OK, &view))
}

/// What is in effect for a service that uses the configuration file of its branch: at most six reads more.
async fn view_with_file(
    store: &Store,
    configuration: Option<SavedConfiguration>,
    service: LinkedService,
) -> Result<Option<SavedConfigurationView>> {
    let LinkedService { project: id, name, linked, .. } = &service;
    let file = pushes::file_in_effect(store, &service).await?;
    let saved = Saved { configuration, file, secrets: None };
    if !saved.is_from_file() {
        return Ok(saved.configuration.as_ref().and_then(SavedConfigurationView::new));
    }
    let (project, existing) =
        try_join(store.get(keys::project(*id)), find_service(store, *id, name)).await?;
    let project = project.ok_or_else(|| Problem::not_found("project"))?;
    let state = existing.as_ref().and_then(ExistingService::state);
    let of = ConfigurationOf {
        project: &project,
        service: name,
        limits: &Settings::load().await?.limits,
        current: state.map(|state| &state.release.spec),
        // Whether secrets are missing is said when it is deployed.
        checks_secrets: false,
    };
    let spec = saved.spec(&of)?;
    let times = saved.configuration.as_ref().map(|saved| (saved.created_at, saved.updated_at));
    let (created_at, updated_at) = times.unwrap_or((linked.enabled_at, linked.enabled_at));
    Ok(spec.map(|spec| SavedConfigurationView::of_spec(&spec, created_at, updated_at)))
}

pub async fn put(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let id: ProjectId = call.path_parameter("project", "project")?;
    let text: String = call.path_parameter("service", "service")?;
    let (project, ..) = projects::load(&call, &store, id).await?;
    let name: Option<ServiceName> = fields.parse("service", &text, str::parse);
    let (saved, service) = match &name {
        Some(name) => {
            try_join(Saved::load(&store, id, name), find_service(&store, id, name)).await?
        }
        None => (Saved::default(), None),
    };
    if saved.is_from_file() {
        return Err(comes_from_file());
    }
    let settings = Settings::load().await?;
    // As for a deploy, values that the service has already are accepted.
    let revision = service.as_ref().and_then(|service| service.revision.as_ref());
    let current = revision.and_then(Revision::deployed).map(|state| &state.release.spec);
    let secrets = saved.secret_names();
    let spec = read_configuration(fields, &project, name, &settings.limits, current, secrets)?;
    let name = spec.service.clone();
    saved.number(&store, id, &name, settings.service_limits.services_per_project).await?;
    let status = if saved.saved_spec().is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let record = SavedConfiguration::with_spec(saved.configuration, spec, now());
    projects::store_record(&store, id, || keys::service_deployment(id, &name), &record).await?;
    record_in_audit_log(&call, &store, id, &name, "service.configure").await?;
    Ok(Reply::json(status, &SavedConfigurationView::new(&record)))
}

pub async fn remove(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    projects::load(&call, &store, id).await?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let saved = Saved::load(&store, id, &name).await?;
    if saved.is_from_file() {
        return Err(comes_from_file());
    }
    let record = saved.configuration.filter(|record| record.spec.is_some());
    let record = record.ok_or_else(|| Problem::not_found(CONFIGURATION))?;
    let record = SavedConfiguration { spec: None, updated_at: now(), ..record };
    projects::store_record(&store, id, || keys::service_deployment(id, &name), &record).await?;
    record_in_audit_log(&call, &store, id, &name, "service.unconfigure").await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn comes_from_file() -> Error {
    Problem::conflict(Reason::ConfigFile, FROM_FILE).into()
}

async fn record_in_audit_log(
    call: &Call,
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    action: &str,
) -> Result<()> {
    let object = format!("/api/v1/projects/{project}/services/{name}/deployment");
    audit::record(store, call, &AuditLog::Project(project), action, object).await
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    fn saved() -> Value {
        let service = json!({
            "command": [], "args": [], "display_name": "frontend", "description": null,
            "service_type": "web", "exposure_type": "external", "custom_domain": null,
            "custom_path": null, "enable_https": false, "container_port": 8080,
            "service_port": 8000, "replicas": 2, "cpu_request": "100m", "cpu_limit": "500m",
            "memory_request": "128Mi", "memory_limit": "512Mi", "env_vars": { "COLOUR": "red" },
        });
        // Split in two because `json!` recurses once per field.
        let rest = json!({
            "storage_size": null, "storage_path": null, "enable_autoscaling": false,
            "health_check_enabled": true, "liveness_check_path": null,
            "readiness_check_path": null, "health_check_port": 8080, "liveness_initial_delay": 30,
            "readiness_initial_delay": 5, "health_check_period": 10, "health_check_timeout": 5,
            "health_check_failure_threshold": 3,
        });
        json!({
            "configuration": examples::with(service, rest),
            "created_at": "2025-08-18T10:00:00Z", "updated_at": "2025-08-18T10:00:00Z",
        })
    }

    pub fn read() -> Operation {
        Operation::new("readConfiguration", "Read what is saved to deploy a service with")
            .description(
                "The complete configuration. `PUT` takes its fields; secrets are apart, at `…/secrets`. If the \
                 service uses the file nokube.toml of its branch, and that has a configuration, it is that one.",
            )
            .json_response::<SavedConfigurationView>(200, "The configuration.", saved())
            .not_found(super::CONFIGURATION)
            .problem(ProblemKind::Invalid, "replicas: must be at most 10")
    }

    pub fn put() -> Operation {
        Operation::new("saveConfiguration", "Save what to deploy a service with")
            .description(
                "Replaces what was saved. It is checked as a request to deploy is; nothing is deployed: \
                 `POST /api/v1/deploy` with the project and the service deploys the newest build of the service \
                 with it.",
            )
            .json_body::<NewConfiguration>(json!({
                "container_port": 8080, "env_vars": { "COLOUR": "red" },
            }))
            .json_response::<SavedConfigurationView>(
                200,
                "The configuration, which replaces another one.",
                saved(),
            )
            .json_response::<SavedConfigurationView>(
                201,
                "The configuration. None was saved before.",
                saved(),
            )
            .problem(
                ProblemKind::Invalid,
                "env_vars.API_KEY: is among the saved secrets too; remove one of the two",
            )
            .conflict(
                Reason::TooManyServices,
                "Too many services of this project were saved and removed. Use the name of an earlier one.",
            )
            .conflict(Reason::ConfigFile, super::FROM_FILE)
    }

    pub fn remove() -> Operation {
        Operation::new("removeConfiguration", "Remove what is saved to deploy a service with")
            .description("Its saved secrets, and what is deployed, stay.")
            .empty_response(204, "No configuration is saved any more.")
            .not_found(super::CONFIGURATION)
            .conflict(Reason::ConfigFile, super::FROM_FILE)
    }
}
