//! The differences between two versions of an object, field by field, for users.

use crate::{kind::Kind, redact::REDACTED};
use nokube_domain::responses::FieldChange;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Fields that the API server sets, and annotations that change with every revision.
const IGNORED_FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "status",
    "metadata.creationTimestamp",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.uid",
    "metadata.annotations.nokube.dev/deployed-by",
    "metadata.annotations.nokube.dev/release",
    "metadata.annotations.nokube.dev/revision",
    "metadata.annotations.deployment.kubernetes.io/revision",
];

/// The fields in which `after` (the result of a dry run) differs from `before`.
pub fn field_changes(
    kind: Kind,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Vec<FieldChange> {
    let (before, after) = (flatten(before), flatten(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changes = fields.into_iter().filter(|field| is_compared(field)).filter_map(|field| {
        let (before, after) = (before.get(field), after.get(field));
        let show = |value: Option<&String>| match kind == Kind::Secret && !is_public(field) {
            true => value.map(|_| REDACTED.to_owned()),
            false => value.cloned(),
        };
        (before != after).then(|| FieldChange {
            field: field.clone(),
            before: show(before),
            after: show(after),
        })
    });
    changes.collect()
}

/// Whether a field of a Secret has no secret value. Annotations may have one: `kubectl apply` keeps a copy of the
/// object there.
fn is_public(field: &str) -> bool {
    let public = ["type", "immutable", "metadata.name", "metadata.labels"];
    public.iter().any(|public| field.starts_with(public))
}

fn is_compared(field: &str) -> bool {
    !IGNORED_FIELDS.iter().any(|ignored| {
        field
            .strip_prefix(ignored)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

fn flatten(value: Option<&Value>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    if let Some(value) = value {
        collect_fields(String::new(), value, &mut fields);
    }
    fields
}

fn collect_fields(path: String, value: &Value, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect_fields(path, value, fields);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                // Items with a name (containers, volumes, variables) keep it when their order changes.
                let name = item.get("name").and_then(Value::as_str);
                let key = name.map_or_else(|| index.to_string(), str::to_owned);
                collect_fields(format!("{path}[{key}]"), item, fields);
            }
        }
        Value::String(text) => {
            fields.insert(path, text.clone());
        }
        other => {
            fields.insert(path, other.to_string());
        }
    }
}
