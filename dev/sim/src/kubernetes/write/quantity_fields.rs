//! The fields of objects that hold quantities.

use serde_json::Value;

use super::quantity::Quantity;
use crate::kubernetes::json::list_mut;
use crate::kubernetes::state::resources::Resource;

/// Calls `visitor` for every quantity in an object.
fn visit_quantities(resource: &Resource, object: &mut Value, visitor: &mut impl FnMut(&mut Value)) {
    let mut maps = |value: Option<&mut Value>| {
        let members = value.and_then(Value::as_object_mut).into_iter().flatten();
        members.for_each(|(_, quantity)| visitor(quantity));
    };
    match resource.plural {
        "resourcequotas" => maps(object.pointer_mut("/spec/hard")),
        "limitranges" => {
            for limit in list_mut(object, "/spec/limits") {
                for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
                    maps(limit.get_mut(field));
                }
            }
        }
        "persistentvolumeclaims" => {
            maps(object.pointer_mut("/spec/resources/requests"));
            maps(object.pointer_mut("/spec/resources/limits"));
        }
        "horizontalpodautoscalers" => {
            for metric in list_mut(object, "/spec/metrics") {
                let kinds = ["resource", "pods", "object", "external", "containerResource"];
                for kind in kinds {
                    for field in ["value", "averageValue"] {
                        if let Some(value) = metric.pointer_mut(&format!("/{kind}/target/{field}"))
                        {
                            visitor(value);
                        }
                    }
                }
            }
        }
        "deployments" | "replicasets" | "pods" => {
            let spec = if resource.plural == "pods" { "/spec" } else { "/spec/template/spec" };
            for list in ["containers", "initContainers"] {
                for container in list_mut(object, &format!("{spec}/{list}")) {
                    for field in ["requests", "limits"] {
                        let path = format!("/resources/{field}");
                        let found = container.pointer_mut(&path).and_then(Value::as_object_mut);
                        found.into_iter().flatten().for_each(|(_, quantity)| visitor(quantity));
                    }
                }
            }
            for volume in list_mut(object, &format!("{spec}/volumes")) {
                if let Some(limit) = volume.pointer_mut("/emptyDir/sizeLimit") {
                    visitor(limit);
                }
            }
        }
        _ => {}
    }
}

/// Rejects malformed quantities.
///
/// # Errors
/// With the real server's message.
pub fn check_quantities(resource: &Resource, object: &Value) -> Result<(), String> {
    let mut error = None;
    visit_quantities(resource, &mut object.clone(), &mut |value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Err(malformed) = Quantity::parse(&text) {
            error.get_or_insert(malformed);
        }
    });
    match error {
        Some(error) => Err(format!(
            "unable to convert unstructured object to {}/{}, Kind={}: {error}",
            resource.group, resource.version, resource.kind
        )),
        None => Ok(()),
    }
}

/// Rewrites every quantity in canonical form, as the real server stores it.
pub fn canonicalize_quantities(resource: &Resource, object: &mut Value) {
    visit_quantities(resource, object, &mut |value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Ok(quantity) = Quantity::parse(&text) {
            *value = Value::from(quantity.to_string());
        }
    });
}
