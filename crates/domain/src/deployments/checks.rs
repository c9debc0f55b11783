//! The checks of a deployment request's fields that depend on each other or on the platform.

use super::{
    NewDeployment,
    image::ImageSource,
    limits::PlatformLimits,
    spec::{Exposure, Scaling, Volume},
};
#[cfg(feature = "schema")]
use crate::schema::{FieldSchema, Schemas, integer};
use crate::{
    access::Caller,
    field_types::read_integer,
    fields::{FieldValue, Fields},
    name::{Login, Username},
    problem::{Problem, ProblemKind},
    projects::Project,
    text::InvalidText,
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
    let user = user.and_then(|user| f.parse("username", user, parse_login_or_username));
    let Some(project) = project else { return Ok(()) };
    if let Some(name) = request.project_name.as_ref().filter(|name| **name != project.name) {
        f.add_error(
            "project_name",
            format!("the project's name is '{}', not '{name}'", project.name),
        );
    }
    match user {
        Some(user) if !is_one_of(&user, &caller.login, &project.owner) => Err(Problem::new(
            ProblemKind::Forbidden,
            format!("username must be yours ({}) or the project's owner's.", caller.login),
        )),
        _ => Ok(()),
    }
}

fn parse_login_or_username(text: &str) -> Result<String, InvalidText> {
    match text.parse::<Login>() {
        Ok(login) => Ok(login.to_string()),
        Err(_) => Ok(text.parse::<Username>()?.to_string()),
    }
}

fn is_one_of(user: &str, login: &Login, owner: &Username) -> bool {
    user == login.as_str() || user == owner.as_str() || user == Username::from_login(login).as_str()
}

pub(super) fn image(f: &mut Fields, request: &NewDeployment) -> Option<ImageSource> {
    if let Some(deployment) = request.release_of {
        let given = [
            ("build_id", request.build_id.is_some()),
            ("image_name", request.image_name.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            let detail = "cannot be combined with release_of, which names the image; leave it out";
            f.add_error(field, detail);
        }
        return Some(ImageSource::ReleaseOf(deployment));
    }
    match (request.build_id, request.image_name.clone()) {
        (Some(build), name) => Some(ImageSource::Build { build, name }),
        (None, Some(name)) => Some(ImageSource::Named(name)),
        (None, None) => {
            let fields = ["build_id", "image_name", "release_of"];
            if !fields.iter().any(|field| f.has_error(field)) {
                f.add_error("image_name", "is required, unless build_id names a build");
            }
            None
        }
    }
}

/// The values of requests that omit them.
pub(super) const DEFAULT_SERVICE_PORT: u16 = 8000;
pub(super) const DEFAULT_MIN_REPLICAS: u32 = 1;
const DEFAULT_MAX_REPLICAS: u32 = 10;
pub(super) const DEFAULT_TARGET_CPU: u32 = 70;

pub(super) fn scaling(
    f: &mut Fields,
    request: &NewDeployment,
    limits: &PlatformLimits,
) -> Option<Scaling> {
    let is_enabled = request.enable_autoscaling == Some(true);
    let (min, max) = (request.min_replicas.as_ref(), request.max_replicas.as_ref());
    let default_max = limits.max_replicas.min(DEFAULT_MAX_REPLICAS);
    let min = PodCount::read_or(min, DEFAULT_MIN_REPLICAS, "min_replicas", f, limits);
    let max = PodCount::read_or(max, default_max, "max_replicas", f, limits);
    let target_cpu = request.target_cpu_percent.as_ref().map(|percent| percent.0);
    if is_enabled && min > max {
        f.add_error("min_replicas", "must not be more than max_replicas");
    }
    if request.enable_autoscaling == Some(false) {
        let changed = [
            ("min_replicas", min != DEFAULT_MIN_REPLICAS),
            ("max_replicas", max != default_max),
            ("target_cpu_percent", target_cpu.is_some_and(|cpu| cpu != DEFAULT_TARGET_CPU)),
        ];
        reject_unused(f, &changed, "without enable_autoscaling");
    }
    is_enabled.then_some(Scaling { min, max, target_cpu: target_cpu? })
}

/// Adds an error for each field whose value would have no effect, because a caller would expect one. A field with its
/// default is accepted.
pub(super) fn reject_unused(f: &mut Fields, changed: &[(&str, bool)], condition: &str) {
    for (field, _) in changed.iter().filter(|(_, is_changed)| *is_changed) {
        if !f.has_error(field) {
            f.add_error(field, format!("has no effect {condition}; leave it out"));
        }
    }
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
    match scaling {
        // The autoscaler decides the number.
        Some(Scaling { min, max, .. }) => {
            if replicas != default && !(*min..=*max).contains(&replicas) {
                let detail = "must be from min_replicas to max_replicas with enable_autoscaling, \
                              which decides the number";
                f.add_error("replicas", detail);
            }
            *min
        }
        None => replicas,
    }
}

/// The port on which other services reach this one.
pub(super) fn service_port(
    f: &mut Fields,
    request: &NewDeployment,
    exposure: Option<&Exposure>,
) -> Option<u16> {
    let port = request.service_port?.0;
    let is_unused = exposure == Some(&Exposure::None) && port != DEFAULT_SERVICE_PORT;
    reject_unused(f, &[("service_port", is_unused)], "on a service that receives no requests");
    Some(port)
}
