//! The checks of a deployment request's fields that depend on each other or on the platform.

use super::{
    NewDeployment,
    image::ImageSource,
    limits::PlatformLimits,
    spec::{Check, Health, Scaling, ServiceKind, Volume},
};
#[cfg(feature = "schema")]
use crate::schema::{FieldSchema, Schemas, integer};
use crate::{
    access::Caller,
    field_types::read_integer,
    fields::{FieldValue, Fields},
    name::Username,
    problem::{Problem, ProblemKind},
    projects::Project,
};
use serde_json::Value;

/// A number of pods. A setting of the platform is the maximum, so it is checked later.
pub struct PodCount(Value);

impl FieldValue for PodCount {
    fn read(value: Value, _: &str, _: &mut Fields) -> Option<Self> {
        Some(Self(value))
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        integer(1, None)
    }
}

impl PodCount {
    /// Reads the value of `field`, or takes the default.
    fn read_or(
        count: Option<&Self>,
        default: u32,
        field: &str,
        fields: &mut Fields,
        limits: &PlatformLimits,
    ) -> u32 {
        let range = 1..=limits.max_replicas;
        let count = count.and_then(|count| read_integer(&count.0, range, field, fields));
        count.unwrap_or(default)
    }
}

/// Checks `project_name` and `username`, which are redundant, against the project.
pub(super) fn check_names(
    f: &mut Fields,
    request: &NewDeployment,
    caller: &Caller,
    project: Option<&Project>,
) -> Result<(), Problem> {
    let user = request.username.as_deref();
    let user = user.and_then(|user| f.parse("username", user, str::parse::<Username>));
    let Some(project) = project else { return Ok(()) };
    if let Some(name) = request.project_name.as_ref().filter(|name| **name != project.name) {
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

pub(super) fn image(f: &mut Fields, request: &NewDeployment) -> Option<ImageSource> {
    match (request.build_id, request.image_name.clone()) {
        (Some(build), name) => Some(ImageSource::Build { build, name }),
        (None, Some(name)) => Some(ImageSource::Named(name)),
        (None, None) => {
            if !f.has_error("build_id") && !f.has_error("image_name") {
                f.add_error("image_name", "is required, unless build_id names a build");
            }
            None
        }
    }
}

pub(super) fn check_resources<T: Ord>(
    f: &mut Fields,
    resource: &str,
    request: &Option<T>,
    limit: &Option<T>,
) {
    if request.as_ref().zip(limit.as_ref()).is_some_and(|(request, limit)| request > limit) {
        let detail = format!("must not be more than {resource}_limit");
        f.add_error(&format!("{resource}_request"), detail);
    }
}

pub(super) fn volume(
    f: &mut Fields,
    request: &NewDeployment,
    limits: &PlatformLimits,
) -> Option<Volume> {
    let (size, path) = (&request.storage_size, &request.storage_path);
    let has_size = size.is_some() || f.has_error("storage_size");
    let has_path = path.is_some() || f.has_error("storage_path");
    match (has_size, has_path) {
        (true, false) => f.add_error("storage_path", "is required with storage_size"),
        (false, true) => f.add_error("storage_size", "is required with storage_path"),
        _ => {}
    }
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
    let (size, path) = size.clone().zip(path.clone())?;
    Some(Volume { size, path })
}

fn is_mount_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= 200
        && !path.contains(':')
        && !path.chars().any(char::is_control)
        && !path.split('/').any(|part| matches!(part, "." | ".."))
        && path.split('/').any(|part| !part.is_empty())
}

pub(super) fn scaling(
    f: &mut Fields,
    request: &NewDeployment,
    limits: &PlatformLimits,
) -> Option<Scaling> {
    let is_enabled = request.enable_autoscaling == Some(true);
    let min = PodCount::read_or(request.min_replicas.as_ref(), 1, "min_replicas", f, limits);
    let max = limits.max_replicas.min(10);
    let max = PodCount::read_or(request.max_replicas.as_ref(), max, "max_replicas", f, limits);
    if is_enabled && min > max {
        f.add_error("min_replicas", "must not be more than max_replicas");
    }
    let target_cpu = request.target_cpu_percent?.0;
    is_enabled.then_some(Scaling { min, max, target_cpu })
}

/// A service with a volume has one pod, because only one pod can mount it at a time.
pub(super) fn replicas(
    f: &mut Fields,
    request: &NewDeployment,
    volume: Option<&Volume>,
    scaling: Option<&Scaling>,
    limits: &PlatformLimits,
) -> u32 {
    let default = if volume.is_some() { 1 } else { limits.max_replicas.min(2) };
    let replicas = PodCount::read_or(request.replicas.as_ref(), default, "replicas", f, limits);
    if volume.is_some() && replicas > 1 {
        f.add_error("replicas", "must be 1 with storage: a volume is for one pod at a time");
    }
    if volume.is_some() && scaling.is_some() {
        f.add_error(
            "enable_autoscaling",
            "must be false with storage: a volume is for one pod at a time",
        );
    }
    replicas
}

pub(super) fn health(request: &NewDeployment) -> Option<Health> {
    let liveness = Check {
        path: request.liveness_check_path.clone(),
        delay: request.liveness_initial_delay?.0,
    };
    let readiness = Check {
        path: request.readiness_check_path.clone(),
        delay: request.readiness_initial_delay?.0,
    };
    // A worker is assumed to listen on no port unless the request configures a check.
    let has_port = request.service_type != Some(ServiceKind::Worker)
        || request.health_check_port.is_some()
        || liveness.path.is_some()
        || readiness.path.is_some();
    (request.health_check_enabled? && has_port).then_some(Health {
        port: request.health_check_port.or(request.container_port)?.0,
        liveness,
        readiness,
        period: request.health_check_period?.0,
        timeout: request.health_check_timeout?.0,
        failures: request.health_check_failure_threshold?.0,
    })
}
