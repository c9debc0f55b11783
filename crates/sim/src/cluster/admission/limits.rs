//! LimitRanges: defaults, least and most.

use serde_json::{Value, json};

use crate::cluster::json::{list, list_mut, members, name, namespace, put, put_default, text};
use crate::cluster::model::Model;
use crate::cluster::quantity::Quantity;
use crate::cluster::resources::Resource;
use crate::cluster::status::Refusal;

fn of_type(model: &Model, namespace: &str, kind: &str) -> Vec<Value> {
    let ranges = model.in_namespace("limitranges", namespace);
    let limits = ranges.iter().flat_map(|range| list(range, "/spec/limits"));
    limits.filter(|limit| text(limit, "/type") == kind).cloned().collect()
}

/// Gives containers the requests and limits that they lack.
pub fn set(model: &Model, pod: &mut Value) {
    let limits = of_type(model, namespace(pod), "Container");
    let mut notes = Vec::new();
    for kind in ["/spec/initContainers", "/spec/containers"] {
        for container in list_mut(pod, kind) {
            let who = text(container, "/name").to_owned();
            for (from, to, word) in
                [("defaultRequest", "requests", "request"), ("default", "limits", "limit")]
            {
                let mut given = Vec::new();
                let defaults = limits.iter().filter_map(|limit| limit.get(from)?.as_object());
                for (resource, value) in defaults.flatten() {
                    let path = format!("/resources/{to}/{}", resource.replace('/', "~1"));
                    if container.pointer(&path).is_none() {
                        given.push(resource.clone());
                        put(container, &path, value.clone());
                    }
                }
                if !given.is_empty() {
                    let what = if kind.contains("init") { "init container" } else { "container" };
                    notes.push(format!("{} {word} for {what} {who}", given.join(", ")));
                }
            }
        }
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        put_default(pod, "/metadata/annotations/kubernetes.io~1limit-ranger", note);
    }
}

pub fn check_pod(model: &Model, resource: &Resource, pod: &Value) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    for limit in of_type(model, namespace(pod), "Container") {
        for kind in ["/spec/initContainers", "/spec/containers"] {
            for container in list(pod, kind) {
                one(&limit, "Container", container, &mut wrong);
            }
        }
    }
    for limit in of_type(model, namespace(pod), "Pod") {
        let mut sum = json!({});
        for (field, path) in [("requests", "/resources/requests"), ("limits", "/resources/limits")]
        {
            for container in list(pod, "/spec/containers") {
                for (resource, value) in members(container, path) {
                    let at = format!("/resources/{field}/{}", resource.replace('/', "~1"));
                    let so_far = sum.pointer(&at).map_or_else(Quantity::zero, Quantity::of);
                    put(&mut sum, &at, so_far.plus(Quantity::of(value)).to_string());
                }
            }
        }
        one(&limit, "Pod", &sum, &mut wrong);
    }
    refuse(resource, pod, &wrong)
}

pub fn check_claim(model: &Model, resource: &Resource, claim: &Value) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    for limit in of_type(model, namespace(claim), "PersistentVolumeClaim") {
        let sizes = claim.pointer("/spec/resources").cloned().unwrap_or_default();
        one(&limit, "PersistentVolumeClaim", &json!({"resources": sizes}), &mut wrong);
    }
    refuse(resource, claim, &wrong)
}

fn refuse(resource: &Resource, object: &Value, wrong: &[String]) -> Result<(), Refusal> {
    let why = match wrong {
        [] => return Ok(()),
        [only] => only.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Err(Refusal::forbidden(resource, name(object), &why))
}

/// Something with `resources`, against one limit.
fn one(limit: &Value, kind: &str, holder: &Value, wrong: &mut Vec<String>) {
    let amount = |field: &str, resource: &str| {
        let found = holder.pointer(&format!("/resources/{field}"));
        found.and_then(|found| found.get(resource)).map(Quantity::of)
    };
    for (resource, value) in members(limit, "/min") {
        let least = Quantity::of(value);
        let (request, bound) = (amount("requests", resource), amount("limits", resource));
        let rule = format!("minimum {resource} usage per {kind} is {least}");
        match request {
            None => wrong.push(format!("{rule}.  No request is specified")),
            Some(request) if request.nano < least.nano => {
                wrong.push(format!("{rule}, but request is {request}"));
            }
            Some(_) => {}
        }
        if let Some(bound) = bound.filter(|bound| bound.nano < least.nano) {
            wrong.push(format!("{rule}, but limit is {bound}"));
        }
    }
    for (resource, value) in members(limit, "/max") {
        let most = Quantity::of(value);
        let (request, bound) = (amount("requests", resource), amount("limits", resource));
        let rule = format!("maximum {resource} usage per {kind} is {most}");
        let claim = kind == "PersistentVolumeClaim";
        match (bound, request) {
            (_, None) if claim => wrong.push(format!("{rule}.  No request is specified")),
            (_, Some(request)) if request.nano > most.nano => {
                wrong.push(format!("{rule}, but request is {request}"));
            }
            (None, _) if !claim => wrong.push(format!("{rule}.  No limit is specified")),
            (Some(bound), _) if bound.nano > most.nano => {
                wrong.push(format!("{rule}, but limit is {bound}"));
            }
            _ => {}
        }
    }
}
