//! What a change changes, line by line, for people.

use crate::{kind::Kind, shown::HIDDEN};
use nokube_domain::answer::FieldChange;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the API server keeps for itself, and what says only that there is a new revision.
const UNTOLD: &[&str] = &[
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

/// The fields in which `after` (as the API server would have it) differs from `before`.
pub fn difference(kind: Kind, before: Option<&Value>, after: Option<&Value>) -> Vec<FieldChange> {
    let (before, after) = (flat(before), flat(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    for field in fields.into_iter().filter(|field| is_told(field)) {
        let (before, after) = (before.get(field), after.get(field));
        if before != after {
            // Values may stand in annotations too: `kubectl apply` keeps a copy of all there.
            let secret = kind == Kind::Secret
                && !["type", "immutable", "metadata.name", "metadata.labels"]
                    .iter()
                    .any(|open| field.starts_with(open));
            let shown = |value: Option<&String>| match value {
                Some(_) if secret => Some(HIDDEN.to_owned()),
                value => value.cloned(),
            };
            changes.push(FieldChange {
                field: field.clone(),
                before: shown(before),
                after: shown(after),
            });
        }
    }
    changes
}

fn is_told(field: &str) -> bool {
    !UNTOLD.iter().any(|untold| {
        field
            .strip_prefix(untold)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

fn flat(value: Option<&Value>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    if let Some(value) = value {
        walk(String::new(), value, &mut fields);
    }
    fields
}

fn walk(path: String, value: &Value, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(path, value, fields);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                // Containers, volumes and variables are known by their names, wherever they stand.
                let name = item.get("name").and_then(Value::as_str);
                let key = name.map_or_else(|| index.to_string(), str::to_owned);
                walk(format!("{path}[{key}]"), item, fields);
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
