//! A part of server-side apply: the fields that a manager applies are set, and those that it no longer
//! applies are removed. Lists are replaced as a whole, and managers never conflict.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use serde_json::{Map, Value, json};

use crate::kubernetes::json::{list, put, text};

/// Applies `config`. `metadata.managedFields` has the fields that each manager applied last.
pub fn apply(object: &mut Value, config: &Value, manager: &str) {
    let applied = field_set(config);
    let entries = list(object, "/metadata/managedFields").to_vec();
    let (own, mut others): (Vec<Value>, Vec<Value>) =
        entries.into_iter().partition(|entry| text(entry, "/manager") == manager);
    let fields = |entry: &Value| entry.get("fieldsV1").cloned().unwrap_or_default();
    let still_applied: Vec<Value> = others.iter().map(fields).chain([applied.clone()]).collect();
    for entry in &own {
        remove_fields(object, &fields(entry), &still_applied.iter().collect::<Vec<_>>());
    }
    merge(object, config);
    others.push(json!({
        "manager": manager, "operation": "Apply", "apiVersion": text(config, "/apiVersion"),
        "fieldsType": "FieldsV1", "fieldsV1": applied,
    }));
    others.sort_by(|a, b| text(a, "/manager").cmp(text(b, "/manager")));
    put(object, "/metadata/managedFields", others);
}

/// JSON merge patch, in which nothing is null.
pub fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

/// The fields of a value as `fieldsV1` has them: a tree of names with the prefix `f:`.
fn field_set(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    let fields = members.map(|(name, value)| (format!("f:{name}"), field_set(value)));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// Removes the fields of a set that are in none of the `kept` ones.
fn remove_fields(object: &mut Value, fields: &Value, kept: &[&Value]) {
    let Some(object) = object.as_object_mut() else { return };
    for (key, inner) in fields.as_object().into_iter().flatten() {
        let name = key.strip_prefix("f:").unwrap_or(key);
        let kept: Vec<&Value> = kept.iter().filter_map(|fields| fields.get(key)).collect();
        let Some(value) = object.get_mut(name) else { continue };
        // Others may have written more members than those of the set.
        remove_fields(value, inner, &kept);
        let is_rest_of_others =
            value.as_object().is_some_and(|left| !left.is_empty()) && inner != &json!({});
        if kept.is_empty() && !is_rest_of_others {
            object.remove(name);
        }
    }
}
