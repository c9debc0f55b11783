//! Checks the CPU, memory and storage of a deployment request.

use super::{
    Bytes, Cpu, NewDeployment,
    limits::PlatformLimits,
    quantity::Quantity,
    spec::{ResourceRequirements, Spec, Volume},
};
use crate::{
    fields::Fields,
    text::{parse_or_suggest, with_suggestion},
};

/// The smallest quota of CPU time that the Linux kernel grants is a millisecond in 100.
const MIN_CPU_LIMIT: &str = "10m";
const MIN_CPU_REQUEST: &str = "1m";
/// With less, the container runtime cannot start a container, or the program is killed right away.
const MIN_MEMORY_LIMIT: &str = "16Mi";
const MIN_MEMORY_REQUEST: &str = "1Mi";
/// File systems need this much for themselves.
const MIN_STORAGE: &str = "16Mi";

/// The values of requests that omit them.
const DEFAULT_CPU_REQUEST: &str = "100m";
const DEFAULT_MEMORY_REQUEST: &str = "128Mi";

pub(super) fn cpu(
    f: &mut Fields,
    request: &NewDeployment,
    limits: &PlatformLimits,
    current: Option<&Spec>,
) -> Option<ResourceRequirements<Cpu>> {
    let (amount, limit) = (request.cpu_request.clone(), request.cpu_limit.clone());
    let (max, current) = (limits.max_cpu.as_ref(), current.map(|spec| &spec.cpu));
    let new_amount = changed(amount.as_ref(), current.map(|cpu| &cpu.request));
    let new_limit = changed(limit.as_ref(), current.map(|cpu| &cpu.limit));
    check_bounds(f, "cpu_request", new_amount, MIN_CPU_REQUEST, max);
    check_bounds(f, "cpu_limit", new_limit, MIN_CPU_LIMIT, max);
    requirements(f, ("cpu_request", amount), ("cpu_limit", limit?), DEFAULT_CPU_REQUEST)
}

pub(super) fn memory(
    f: &mut Fields,
    request: &NewDeployment,
    limits: &PlatformLimits,
    current: Option<&Spec>,
) -> Option<ResourceRequirements<Bytes>> {
    let (amount, limit) = (request.memory_request.clone(), request.memory_limit.clone());
    let (max, current) = (limits.max_memory.as_ref(), current.map(|spec| &spec.memory));
    let new_amount = changed(amount.as_ref(), current.map(|memory| &memory.request));
    let new_limit = changed(limit.as_ref(), current.map(|memory| &memory.limit));
    check_bounds(f, "memory_request", new_amount, MIN_MEMORY_REQUEST, max);
    check_bounds(f, "memory_limit", new_limit, MIN_MEMORY_LIMIT, max);
    requirements(f, ("memory_request", amount), ("memory_limit", limit?), DEFAULT_MEMORY_REQUEST)
}

pub(super) fn volume(
    f: &mut Fields,
    request: &NewDeployment,
    limits: &PlatformLimits,
    current: Option<&Spec>,
) -> Option<Volume> {
    let (size, path) = (&request.storage_size, &request.storage_path);
    let has_size = size.is_some() || f.has_error("storage_size");
    let has_path = path.is_some() || f.has_error("storage_path");
    match (has_size, has_path) {
        (true, false) => f.add_error("storage_path", "is required with storage_size"),
        (false, true) => f.add_error("storage_size", "is required with storage_path"),
        _ => {}
    }
    let current = current.and_then(|spec| spec.volume.as_ref());
    let new_size = changed(size.as_ref(), current.map(|volume| &volume.size));
    check_bounds(f, "storage_size", new_size, MIN_STORAGE, limits.max_storage.as_ref());
    let path = path.as_deref().and_then(|path| f.parse("storage_path", path, parse_mount_path));
    let (size, path) = size.clone().zip(path)?;
    Some(Volume { size, path })
}

/// The value, unless the service has it already. A bound may be newer than the service, and some values cannot be
/// changed: not every volume can be made larger.
fn changed<'a, T: PartialEq>(value: Option<&'a T>, current: Option<&T>) -> Option<&'a T> {
    value.filter(|value| current != Some(*value))
}

/// Adds an error if the value is below `min` or above `max`.
fn check_bounds<T: Quantity>(
    f: &mut Fields,
    field: &str,
    value: Option<&T>,
    min: &str,
    max: Option<&T>,
) {
    let Some(value) = value else { return };
    let min = min.parse::<T>().ok();
    let lower = min.as_ref().filter(|min| value < *min);
    let upper = max.filter(|max| value > *max);
    let text = value.to_string();
    let (bound, meant) = match (lower, upper) {
        (Some(min), _) => (format!("must be at least {min}"), T::larger(&text)),
        (None, Some(max)) => (format!("must be at most {max} on this platform"), T::smaller(&text)),
        (None, None) => return,
    };
    let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
    let unit = match has_unit {
        true => String::new(),
        false => format!(" (a number without a unit is in {})", T::BASE_UNIT),
    };
    let is_allowed = |value: &T| {
        min.as_ref().is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)
    };
    let meant = meant.filter(|meant| meant.parse().is_ok_and(|meant| is_allowed(&meant)));
    f.add_error(field, with_suggestion(format!("{bound}{unit}"), meant));
}

/// Checks that the request is not more than the limit. Without a request it is the default, or the limit if that is
/// less.
fn requirements<T: Quantity + Clone>(
    f: &mut Fields,
    (request_field, request): (&str, Option<T>),
    (limit_field, limit): (&str, T),
    default_request: &str,
) -> Option<ResourceRequirements<T>> {
    if f.has_error(request_field) || f.has_error(limit_field) {
        return None;
    }
    if request.as_ref().is_some_and(|request| *request > limit) {
        f.add_error(request_field, format!("must not be more than {limit_field}, {limit}"));
        return None;
    }
    let request = match request {
        Some(request) => request,
        None => default_request.parse::<T>().ok()?.min(limit.clone()),
    };
    Some(ResourceRequirements { request, limit })
}

/// Parses the path at which a volume is mounted.
fn parse_mount_path(text: &str) -> Result<String, String> {
    parse_or_suggest::<MountPath>(text, |text| Some(format!("/{text}"))).map(|path| path.0)
}

struct MountPath(String);

const NOT_A_MOUNT_PATH: &str =
    "must be an absolute path such as /var/lib/data, below / and without ':', '.' and '..'";

impl std::str::FromStr for MountPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let is_valid = text.starts_with('/')
            && text.len() <= 200
            && !text.contains(':')
            && !text.chars().any(char::is_control)
            && !text.split('/').any(|part| matches!(part, "." | ".."))
            && text.split('/').any(|part| !part.is_empty());
        if is_valid { Ok(Self(text.to_owned())) } else { Err(NOT_A_MOUNT_PATH) }
    }
}
