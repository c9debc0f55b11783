//! LimitRanges: default, minimum and maximum resources.

use serde_json::{Value, json};

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{list, list_mut, members, name, namespace, put, put_default, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::Resource;
use crate::kubernetes::write::quantity::Quantity;

fn limits_of_type(cluster: &ClusterState, namespace: &str, kind: &str) -> Vec<Value> {
    let ranges = cluster.objects_in_namespace("limitranges", namespace);
    let limits = ranges.iter().flat_map(|range| list(range, "/spec/limits"));
    limits.filter(|limit| text(limit, "/type") == kind).cloned().collect()
}

/// Sets missing requests and limits of containers.
pub fn set_container_defaults(cluster: &ClusterState, pod: &mut Value) {
    let limits = limits_of_type(cluster, namespace(pod), "Container");
    let mut changes = Vec::new();
    for kind in ["/spec/initContainers", "/spec/containers"] {
        for container in list_mut(pod, kind) {
            let container_name = text(container, "/name").to_owned();
            for (from, to, label) in
                [("defaultRequest", "requests", "request"), ("default", "limits", "limit")]
            {
                let mut set = Vec::new();
                let defaults = limits.iter().filter_map(|limit| limit.get(from)?.as_object());
                for (resource, value) in defaults.flatten() {
                    let path = format!("/resources/{to}/{}", resource.replace('/', "~1"));
                    if container.pointer(&path).is_none() {
                        set.push(resource.clone());
                        put(container, &path, value.clone());
                    }
                }
                if !set.is_empty() {
                    let kind_label =
                        if kind.contains("init") { "init container" } else { "container" };
                    changes.push(format!(
                        "{} {label} for {kind_label} {container_name}",
                        set.join(", ")
                    ));
                }
            }
        }
    }
    if !changes.is_empty() {
        let annotation = format!("LimitRanger plugin set: {}", changes.join("; "));
        put_default(pod, "/metadata/annotations/kubernetes.io~1limit-ranger", annotation);
    }
}

pub fn check_pod(cluster: &ClusterState, resource: &Resource, pod: &Value) -> Result<(), ApiError> {
    let mut violations = Vec::new();
    for limit in limits_of_type(cluster, namespace(pod), "Container") {
        for kind in ["/spec/initContainers", "/spec/containers"] {
            for container in list(pod, kind) {
                check_limit(&limit, "Container", container, &mut violations);
            }
        }
    }
    for limit in limits_of_type(cluster, namespace(pod), "Pod") {
        let mut sum = json!({});
        for (field, path) in [("requests", "/resources/requests"), ("limits", "/resources/limits")]
        {
            for container in list(pod, "/spec/containers") {
                for (resource, value) in members(container, path) {
                    let sum_path = format!("/resources/{field}/{}", resource.replace('/', "~1"));
                    let so_far =
                        sum.pointer(&sum_path).map_or_else(Quantity::zero, Quantity::from_value);
                    put(&mut sum, &sum_path, so_far.plus(Quantity::from_value(value)).to_string());
                }
            }
        }
        check_limit(&limit, "Pod", &sum, &mut violations);
    }
    reject(resource, pod, &violations)
}

pub fn check_volume_claim(
    cluster: &ClusterState,
    resource: &Resource,
    claim: &Value,
) -> Result<(), ApiError> {
    let mut violations = Vec::new();
    for limit in limits_of_type(cluster, namespace(claim), "PersistentVolumeClaim") {
        let sizes = claim.pointer("/spec/resources").cloned().unwrap_or_default();
        check_limit(&limit, "PersistentVolumeClaim", &json!({"resources": sizes}), &mut violations);
    }
    reject(resource, claim, &violations)
}

fn reject(resource: &Resource, object: &Value, violations: &[String]) -> Result<(), ApiError> {
    let reason = match violations {
        [] => return Ok(()),
        [only] => only.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Err(ApiError::forbidden(resource, name(object), &reason))
}

/// Checks an object with `resources` against one limit.
fn check_limit(limit: &Value, kind: &str, object: &Value, violations: &mut Vec<String>) {
    let amount = |field: &str, resource: &str| {
        let found = object.pointer(&format!("/resources/{field}"));
        found.and_then(|found| found.get(resource)).map(Quantity::from_value)
    };
    for (resource, value) in members(limit, "/min") {
        let min = Quantity::from_value(value);
        let (request, upper_limit) = (amount("requests", resource), amount("limits", resource));
        let rule = format!("minimum {resource} usage per {kind} is {min}");
        match request {
            None => violations.push(format!("{rule}.  No request is specified")),
            Some(request) if request.nanos < min.nanos => {
                violations.push(format!("{rule}, but request is {request}"));
            }
            Some(_) => {}
        }
        if let Some(upper_limit) = upper_limit.filter(|upper_limit| upper_limit.nanos < min.nanos) {
            violations.push(format!("{rule}, but limit is {upper_limit}"));
        }
    }
    for (resource, value) in members(limit, "/max") {
        let max = Quantity::from_value(value);
        let (request, upper_limit) = (amount("requests", resource), amount("limits", resource));
        let rule = format!("maximum {resource} usage per {kind} is {max}");
        let is_claim = kind == "PersistentVolumeClaim";
        match (upper_limit, request) {
            (_, None) if is_claim => violations.push(format!("{rule}.  No request is specified")),
            (None, _) if !is_claim => violations.push(format!("{rule}.  No limit is specified")),
            (Some(upper_limit), _) if upper_limit.nanos > max.nanos => {
                violations.push(format!("{rule}, but limit is {upper_limit}"));
            }
            (_, Some(request)) if request.nanos > max.nanos => {
                violations.push(format!("{rule}, but request is {request}"));
            }
            _ => {}
        }
    }
}
