//! Validates metadata: names, labels, annotations, owner references, and label selectors.

use serde_json::{Value, json};

use super::name_formats::{
    dns1035_label, dns1123_label, dns1123_subdomain, label_key, label_value,
};
use crate::kubernetes::api_error::StatusCause;
use crate::kubernetes::json::{list, members, text};
use crate::kubernetes::state::resources::Resource;

const MAX_ANNOTATION_BYTES: usize = 256 * 1024;

pub fn check(resource: &Resource, new: &Value, old: Option<&Value>, causes: &mut Vec<StatusCause>) {
    let name = text(new, "/metadata/name");
    if name.is_empty() {
        let detail = "name or generateName is required";
        causes.push(StatusCause::required("metadata.name", detail));
    } else {
        let errors = match resource.plural {
            "namespaces" => dns1123_label(name),
            "services" => dns1035_label(name),
            "roles" | "rolebindings" => path_segment(name),
            _ => dns1123_subdomain(name),
        };
        causes.extend(invalid("metadata.name", name, &errors));
    }
    labels(new, "/metadata/labels", "metadata.labels", causes);
    annotations(new, "/metadata/annotations", "metadata.annotations", causes);
    for (index, owner) in list(new, "/metadata/ownerReferences").iter().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(owner, &format!("/{field}")).is_empty() {
                let path = format!("metadata.ownerReferences[{index}].{field}");
                let detail = if field == "apiVersion" {
                    "version must not be empty"
                } else {
                    "must not be empty"
                };
                causes.push(StatusCause::invalid(&path, &json!(""), detail));
            }
        }
    }
    if let Some(old) = old
        && text(old, "/metadata/name") != name
    {
        causes.push(StatusCause::invalid("metadata.name", &json!(name), "field is immutable"));
    }
}

fn path_segment(name: &str) -> Vec<String> {
    let is_invalid = name.contains('/') || name.contains('%');
    if is_invalid { vec!["may not contain '/' or '%'".to_owned()] } else { Vec::new() }
}

pub fn invalid<'a>(
    field: &'a str,
    value: &'a str,
    errors: &'a [String],
) -> impl Iterator<Item = StatusCause> + 'a {
    errors.iter().map(move |error| StatusCause::invalid(field, &json!(value), error))
}

/// Validates the labels of an object or of a selector.
pub fn labels(object: &Value, path: &str, field: &str, causes: &mut Vec<StatusCause>) {
    for (key, value) in members(object, path) {
        causes.extend(invalid(field, key, &label_key(key)));
        let value = value.as_str().unwrap_or_default();
        let errors = label_value(value);
        causes.extend(invalid(field, value, &errors));
    }
}

pub fn annotations(object: &Value, path: &str, field: &str, causes: &mut Vec<StatusCause>) {
    let mut size = 0;
    for (key, value) in members(object, path) {
        let lower = key.to_ascii_lowercase();
        causes.extend(invalid(field, key, &label_key(&lower)));
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > MAX_ANNOTATION_BYTES {
        causes.push(StatusCause::too_long(field, MAX_ANNOTATION_BYTES));
    }
}

/// Validates a `LabelSelector`.
pub fn selector(object: &Value, path: &str, field: &str, causes: &mut Vec<StatusCause>) {
    labels(object, &format!("{path}/matchLabels"), &format!("{field}.matchLabels"), causes);
    for (index, expression) in list(object, &format!("{path}/matchExpressions")).iter().enumerate()
    {
        let field = format!("{field}.matchExpressions[{index}]");
        let values = list(expression, "/values").len();
        match text(expression, "/operator") {
            "In" | "NotIn" if values == 0 => causes.push(StatusCause::required(
                &format!("{field}.values"),
                "must be specified when `operator` is 'In' or 'NotIn'",
            )),
            "Exists" | "DoesNotExist" if values > 0 => causes.push(StatusCause::forbidden(
                &format!("{field}.values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            )),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => causes.push(StatusCause::invalid(
                &format!("{field}.operator"),
                &json!(other),
                "not a valid selector operator",
            )),
        }
        let key = text(expression, "/key");
        causes.extend(invalid(&format!("{field}.key"), key, &label_key(key)));
    }
}
