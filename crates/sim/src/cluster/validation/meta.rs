//! Names, labels and annotations of every object.

use serde_json::{Value, json};

use super::text::{dns1035_label, dns1123_label, dns1123_subdomain, label_key, label_value};
use crate::cluster::json::{list, members, text};
use crate::cluster::resources::Resource;
use crate::cluster::status::Cause;

const LARGEST_ANNOTATIONS: usize = 256 * 1024;

pub fn check(resource: &Resource, new: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let name = text(new, "/metadata/name");
    if name.is_empty() {
        let why = "name or generateName is required";
        causes.push(Cause::required("metadata.name", why));
    } else {
        let wrong = match resource.plural {
            "namespaces" => dns1123_label(name),
            "services" => dns1035_label(name),
            "rolebindings" => path_segment(name),
            _ => dns1123_subdomain(name),
        };
        causes.extend(invalid("metadata.name", name, &wrong));
    }
    labels(new, "/metadata/labels", "metadata.labels", causes);
    annotations(new, "/metadata/annotations", "metadata.annotations", causes);
    for (index, owner) in list(new, "/metadata/ownerReferences").iter().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(owner, &format!("/{field}")).is_empty() {
                let path = format!("metadata.ownerReferences[{index}].{field}");
                let why = if field == "apiVersion" {
                    "version must not be empty"
                } else {
                    "must not be empty"
                };
                causes.push(Cause::invalid(&path, &json!(""), why));
            }
        }
    }
    if let Some(old) = old
        && text(old, "/metadata/name") != name
    {
        causes.push(Cause::invalid("metadata.name", &json!(name), "field is immutable"));
    }
}

fn path_segment(name: &str) -> Vec<String> {
    let bad = name.contains('/') || name.contains('%');
    if bad { vec!["may not contain '/' or '%'".to_owned()] } else { Vec::new() }
}

pub fn invalid<'a>(
    field: &'a str,
    value: &'a str,
    wrong: &'a [String],
) -> impl Iterator<Item = Cause> + 'a {
    wrong.iter().map(move |why| Cause::invalid(field, &json!(value), why))
}

/// Labels, of an object or of a selector.
pub fn labels(object: &Value, path: &str, field: &str, causes: &mut Vec<Cause>) {
    for (key, value) in members(object, path) {
        causes.extend(invalid(field, key, &label_key(key)));
        let value = value.as_str().unwrap_or_default();
        let wrong = label_value(value);
        // A selector names the key, the labels of an object do not.
        causes.extend(invalid(field, value, &wrong));
    }
}

pub fn annotations(object: &Value, path: &str, field: &str, causes: &mut Vec<Cause>) {
    let mut size = 0;
    for (key, value) in members(object, path) {
        let lower = key.to_ascii_lowercase();
        causes.extend(invalid(field, key, &label_key(&lower)));
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > LARGEST_ANNOTATIONS {
        causes.push(Cause::too_long(field, LARGEST_ANNOTATIONS));
    }
}

/// `spec.selector` and its like.
pub fn selector(object: &Value, path: &str, field: &str, causes: &mut Vec<Cause>) {
    labels(object, &format!("{path}/matchLabels"), &format!("{field}.matchLabels"), causes);
    for (index, one) in list(object, &format!("{path}/matchExpressions")).iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let values = list(one, "/values").len();
        match text(one, "/operator") {
            "In" | "NotIn" if values == 0 => causes.push(Cause::required(
                &format!("{field}.values"),
                "must be specified when `operator` is 'In' or 'NotIn'",
            )),
            "Exists" | "DoesNotExist" if values > 0 => causes.push(Cause::forbidden(
                &format!("{field}.values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            )),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => causes.push(Cause::invalid(
                &format!("{field}.operator"),
                &json!(other),
                "not a valid selector operator",
            )),
        }
        let key = text(one, "/key");
        causes.extend(invalid(&format!("{field}.key"), key, &label_key(key)));
    }
}

/// Whether labels fulfil a selector.
pub fn selects(selector: &Value, labels: Option<&Value>) -> bool {
    let value = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
    let equal =
        members(selector, "/matchLabels").all(|(key, wanted)| value(key) == wanted.as_str());
    equal
        && list(selector, "/matchExpressions").iter().all(|one| {
            let found = value(text(one, "/key"));
            let any = list(one, "/values").iter().any(|it| it.as_str() == found);
            match text(one, "/operator") {
                "In" => any,
                "NotIn" => !any,
                "Exists" => found.is_some(),
                _ => found.is_none(),
            }
        })
}
