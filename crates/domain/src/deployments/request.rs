//! Parses the request of `POST /api/v1/deploy` and collects all errors.

use super::{
    exposure,
    image::ImageSource,
    image_ref::ImageRef,
    limits::PlatformLimits,
    quantity::{Bytes, Cpu},
    spec::{Check, Health, ResourceRequirements, Scaling, ServiceKind, Spec, Volume},
    variables::{self, SecretInput},
};
use crate::{
    BuildId,
    access::Caller,
    fields::Fields,
    name::{ProjectName, ServiceName, Username},
    problem::{Problem, ProblemKind},
    projects::Project,
};
use std::collections::BTreeMap;

/// A validated deployment request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRequest {
    pub spec: Spec,
    pub image: ImageSource,
    pub secrets: BTreeMap<String, SecretInput>,
}

impl DeploymentRequest {
    /// Takes `project_id`. The caller loads the project, which the rest of the request is checked
    /// against. An error is collected in `fields`.
    pub fn project_id(fields: &mut Fields) -> Option<crate::ProjectId> {
        let id = fields.positive_integer("project_id");
        fields.require("project_id", id).map(crate::ProjectId)
    }

    /// Parses the rest of the request. Without a project, `fields` has an error already, and only further
    /// errors are collected.
    ///
    /// # Errors
    /// 403 for a `username` that is neither the caller's nor the owner's; else all invalid fields.
    pub fn parse(
        mut fields: Fields,
        caller: &Caller,
        project: Option<&Project>,
        limits: &PlatformLimits,
    ) -> Result<Self, Problem> {
        let f = &mut fields;
        check_names(f, caller, project)?;
        let service = parse_service_name(f);
        let image = parse_image(f);
        let kind = parse_kind(f);
        let display_name = parse_short_text(f, "display_name", 100);
        let description = parse_short_text(f, "description", 2_000);
        let exposure = exposure::parse(f, kind, limits);
        let container_port = parse_port(f, "container_port", 3000);
        let service_port = parse_port(f, "service_port", 8000);
        let (variables, secrets) = variables::parse(f);
        let volume = parse_volume(f, limits);
        let scaling = parse_scaling(f, limits);
        let replicas = parse_replicas(f, volume.is_some(), scaling.is_some(), limits);
        let cpu = parse_resources::<Cpu>(f, "cpu", "100m", "500m");
        let memory = parse_resources::<Bytes>(f, "memory", "128Mi", "512Mi");
        let health = parse_health(f, kind, container_port);
        fields.finish()?;
        match (service, image, exposure, cpu, memory) {
            (Some(service), Some(image), Some(exposure), Some(cpu), Some(memory)) => {
                let display_name = display_name.unwrap_or_else(|| service.to_string());
                let spec = Spec {
                    service,
                    display_name,
                    description,
                    kind,
                    exposure,
                    container_port,
                    service_port,
                    replicas,
                    cpu,
                    memory,
                    variables,
                    health,
                    volume,
                    scaling,
                };
                Ok(Self { spec, image, secrets })
            }
            // Unreachable: a missing value has left an error in `fields`, so `finish` has returned it.
            _ => Err(Problem::invalid(Vec::new())),
        }
    }
}

/// Checks `project_name` and `username`, which are redundant, against the project.
fn check_names(f: &mut Fields, caller: &Caller, project: Option<&Project>) -> Result<(), Problem> {
    let name = f.string("project_name");
    let name = f.require("project_name", name);
    let name = f.parse("project_name", name, str::parse::<ProjectName>);
    let user = f.string("username");
    let user = f.require("username", user);
    let user = f.parse("username", user, str::parse::<Username>);
    let Some(project) = project else { return Ok(()) };
    if let Some(name) = name.filter(|name| *name != project.name) {
        f.add_error(
            "project_name",
            format!("the project's name is '{}', not '{name}'", project.name),
        );
    }
    match user {
        Some(user) if user != caller.login && user != project.owner => Err(Problem::new(
            ProblemKind::Forbidden,
            format!("username must be yours ({}) or the project's owner's.", caller.login),
        )),
        _ => Ok(()),
    }
}

/// The name must also be valid for a Kubernetes Service, so it must begin with a letter (RFC 1035).
fn parse_service_name(f: &mut Fields) -> Option<ServiceName> {
    let service = f.string("service_name");
    let service = f.require("service_name", service);
    let service = f.parse("service_name", service, str::parse::<ServiceName>)?;
    if !service.as_str().starts_with(|c: char| c.is_ascii_lowercase()) {
        f.add_error(
            "service_name",
            "must begin with a letter: its address in the cluster is made of it",
        );
    }
    Some(service)
}

fn parse_image(f: &mut Fields) -> Option<ImageSource> {
    let build = f.string("build_id");
    let has_build = build.is_some();
    let build = f.parse("build_id", build, str::parse::<BuildId>);
    let name = f.string("image_name");
    if name.is_none() && !has_build && !f.has_error("image_name") {
        f.add_error("image_name", "is required, unless build_id names a build");
    }
    let name = f.parse("image_name", name, str::parse::<ImageRef>);
    match (build, name) {
        (Some(build), name) => Some(ImageSource::Build { build, name }),
        (None, Some(name)) => Some(ImageSource::Named(name)),
        (None, None) => None,
    }
}

fn parse_short_text(f: &mut Fields, field: &str, max_chars: usize) -> Option<String> {
    let text = f.string(field)?;
    if text.chars().count() > max_chars || text.chars().any(|c| c.is_control() && c != '\n') {
        f.add_error(
            field,
            format!("must have at most {max_chars} characters and no control characters"),
        );
    }
    Some(text).filter(|text| !text.is_empty())
}

fn parse_kind(f: &mut Fields) -> ServiceKind {
    match f.string("service_type").as_deref() {
        None | Some("web") => ServiceKind::Web,
        Some("api") => ServiceKind::Api,
        Some("worker") => ServiceKind::Worker,
        Some(_) => {
            f.add_error("service_type", "must be web, api or worker");
            ServiceKind::Web
        }
    }
}

fn parse_port(f: &mut Fields, field: &str, default: u16) -> u16 {
    let number = f.integer(field, 1..=65_535, default.into());
    u16::try_from(number).unwrap_or(default)
}

fn parse_resources<T>(
    f: &mut Fields,
    resource: &str,
    request: &str,
    limit: &str,
) -> Option<ResourceRequirements<T>>
where
    T: std::str::FromStr<Err = crate::text::InvalidText> + Ord,
{
    let (request_field, limit_field) = (format!("{resource}_request"), format!("{resource}_limit"));
    let text = f.string(&request_field).unwrap_or_else(|| request.into());
    let request = f.parse(&request_field, Some(text), str::parse::<T>);
    let text = f.string(&limit_field).unwrap_or_else(|| limit.into());
    let limit = f.parse(&limit_field, Some(text), str::parse::<T>);
    let (request, limit) = request.zip(limit)?;
    if request > limit {
        f.add_error(&request_field, format!("must not be more than {limit_field}"));
    }
    Some(ResourceRequirements { request, limit })
}

fn parse_volume(f: &mut Fields, limits: &PlatformLimits) -> Option<Volume> {
    let size = f.string("storage_size").filter(|text| !text.is_empty());
    let path = f.string("storage_path").filter(|text| !text.is_empty());
    match (&size, &path) {
        (Some(_), None) => f.add_error("storage_path", "is required with storage_size"),
        (None, Some(_)) => f.add_error("storage_size", "is required with storage_path"),
        _ => {}
    }
    let size = f.parse("storage_size", size, str::parse::<Bytes>);
    if let Some((max, _)) =
        limits.max_storage.as_ref().zip(size.as_ref()).filter(|(max, size)| size > max)
    {
        f.add_error("storage_size", format!("must be at most {max} on this platform"));
    }
    if path.as_deref().is_some_and(|path| !is_mount_path(path)) {
        let detail =
            "must be an absolute path such as /var/lib/data, below / and without ':', '.' and '..'";
        f.add_error("storage_path", detail);
    }
    size.zip(path).map(|(size, path)| Volume { size, path })
}

fn is_mount_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= 200
        && !path.contains(':')
        && !path.chars().any(char::is_control)
        && !path.split('/').any(|part| matches!(part, "." | ".."))
        && path.split('/').any(|part| !part.is_empty())
}

fn parse_scaling(f: &mut Fields, limits: &PlatformLimits) -> Option<Scaling> {
    let max_replicas = limits.max_replicas;
    let is_enabled = f.boolean("enable_autoscaling").unwrap_or(false);
    let min = f.integer("min_replicas", 1..=max_replicas, 1);
    let max = f.integer("max_replicas", 1..=max_replicas, max_replicas.min(10));
    let target_cpu = f.integer("target_cpu_percent", 1..=100, 70);
    if is_enabled && min > max {
        f.add_error("min_replicas", "must not be more than max_replicas");
    }
    is_enabled.then_some(Scaling { min, max, target_cpu })
}

/// A service with a volume has one pod, because only one pod can mount it at a time.
fn parse_replicas(
    f: &mut Fields,
    has_volume: bool,
    has_scaling: bool,
    limits: &PlatformLimits,
) -> u32 {
    let default = if has_volume { 1 } else { limits.max_replicas.min(2) };
    let replicas = f.integer("replicas", 1..=limits.max_replicas, default);
    if has_volume && replicas > 1 {
        f.add_error("replicas", "must be 1 with storage: a volume is for one pod at a time");
    }
    if has_volume && has_scaling {
        f.add_error(
            "enable_autoscaling",
            "must be false with storage: a volume is for one pod at a time",
        );
    }
    replicas
}

fn parse_health(f: &mut Fields, kind: ServiceKind, container_port: u16) -> Option<Health> {
    let is_enabled = f.boolean("health_check_enabled").unwrap_or(true);
    let path = |f: &mut Fields, field: &str| {
        let text = f.string(field).filter(|text| !text.is_empty());
        f.parse(field, text, str::parse)
    };
    let liveness = path(f, "liveness_check_path");
    let readiness = path(f, "readiness_check_path");
    let is_port_given = f.has_value("health_check_port");
    let port = parse_port(f, "health_check_port", container_port);
    let liveness_delay = f.integer("liveness_initial_delay", 0..=3_600, 30);
    let readiness_delay = f.integer("readiness_initial_delay", 0..=3_600, 5);
    let period = f.integer("health_check_period", 1..=3_600, 10);
    let timeout = f.integer("health_check_timeout", 1..=300, 5);
    let failures = f.integer("health_check_failure_threshold", 1..=100, 3);
    // A worker is assumed to listen on no port unless the request configures a check.
    let has_port =
        kind != ServiceKind::Worker || is_port_given || liveness.is_some() || readiness.is_some();
    (is_enabled && has_port).then_some(Health {
        port,
        liveness: Check { path: liveness, delay: liveness_delay },
        readiness: Check { path: readiness, delay: readiness_delay },
        period,
        timeout,
        failures,
    })
}
